import { writeFile } from 'node:fs/promises'
import { encodeGateReport, renderGateReport } from '@firebreak/gate'
import type { FormatName } from '@firebreak/inputs'
import { readPackFolder } from '@firebreak/pack-folder'
import { CliError } from '../errors.ts'
import { runGate } from '../gate-run.ts'
import type { Screen } from '../screen.ts'
import { openKeystore } from '../keystore.ts'
import { gatePack, publish } from '../vendor.ts'
import type { OperatorClient } from '../operator-client.ts'

/** The whole gate. The report goes to `reportFile` when one is named. */
export async function gate(
  pack: string,
  reportFile: string | undefined,
  inputs: readonly FormatName[],
  screen: Screen,
): Promise<void> {
  screen.step(`Proving ${pack} in the real engine process`)
  const { report } = await runGate(await readPackFolder(pack), Date.now(), inputs)
  const text = renderGateReport(report)
  if (reportFile !== undefined) await writeFile(reportFile, encodeGateReport(report))
  screen.done(`gate ${report.verdict}`)
  if (report.verdict !== 'pass') {
    process.stderr.write(text)
    throw new CliError('cli/refused', `Cannot release ${pack}: the gate said no, as listed above.`, { report })
  }
  screen.result({ ok: true, ...report }, text.trimEnd().split('\n'))
}

/** Gate, approvals, publication. */
export async function release(
  pack: string,
  keys: string,
  inputs: readonly FormatName[],
  client: OperatorClient,
  screen: Screen,
): Promise<void> {
  screen.step(`Proving ${pack} in the real engine process`)
  const keystore = await openKeystore(keys)
  const draft = await gatePack(pack, Date.now(), inputs)
  screen.done('gate passed')
  screen.step(`Signing and publishing to ${client.url}`)
  const imageDigest = await publish(client, keystore, draft, Date.now())
  screen.done()
  const { name, version } = draft.manifest
  screen.result({ ok: true, pack: name, version, imageDigest }, [
    `released ${name} ${version}, image ${imageDigest}; \`firebreak status\` shows how far it is`,
  ])
}
