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

export interface ReleaseOptions {
  readonly pack: string
  /** Folder of the approver keys. */
  readonly keys: string
  readonly inputs: readonly FormatName[]
  /** Of the emergency lane: approvers sign that as well. */
  readonly emergency: boolean
}

/** Gate, approvals, publication. */
export async function release(options: ReleaseOptions, client: OperatorClient, screen: Screen): Promise<void> {
  const { pack, keys, inputs, emergency } = options
  screen.step(`Proving ${pack} in the real engine process`)
  const keystore = await openKeystore(keys)
  const draft = await gatePack(pack, Date.now(), inputs)
  screen.done('gate passed')
  screen.step(`Signing and publishing to ${client.url}`)
  const imageDigest = await publish(client, keystore, { ...draft, emergency }, Date.now())
  screen.done()
  const { name, version } = draft.manifest
  const lane = emergency ? ' in the emergency lane: no ring is skipped, waves are watched for less time' : ''
  screen.result({ ok: true, pack: name, version, imageDigest, emergency }, [
    `released ${name} ${version}, image ${imageDigest}${lane}; \`firebreak status\` shows how far it is`,
  ])
}
