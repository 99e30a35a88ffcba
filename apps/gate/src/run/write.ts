import { dirname, resolve } from 'node:path'
import { mkdir } from 'node:fs/promises'
import { writeDurable } from '@firebreak/durable-fs'
import { sha256Hex } from '@firebreak/crypto'
import { encodeGateReport, type GateFiles, type GateRequest, signGateReport, toSarif } from '@firebreak/gate'
import { jsonBytes, utf8Encode } from '@firebreak/kernel'
import { renderGatePage } from '../report/page.ts'
import type { GateOutcome } from './run.ts'

/** Writes what was asked for, each file whole or not at all. */
export async function writeOutcome(files: GateFiles, outcome: GateOutcome, request: GateRequest): Promise<void> {
  const { report, given, image } = outcome
  const bytes = encodeGateReport(report)
  const signer = report.imageDigest !== null && given.isPack ? given.signer : null
  const statement = signer && signGateReport(report, signer)
  const signedBy = signer?.publicKey ?? null
  const page = renderGatePage(report, {
    signedBy,
    fileDigest: sha256Hex(statement ?? bytes),
    command: commandOf(request, report.seed),
  })
  const rows: readonly (readonly [path: string | null, bytes: Uint8Array | null])[] = [
    [files.image, image],
    [files.report, bytes],
    [files.statement, statement],
    [files.page, utf8Encode(page)],
    [files.sarif, jsonBytes(toSarif(report.checks, report.tool))],
  ]
  for (const [path, content] of rows) {
    if (path === null || content === null) continue
    await mkdir(dirname(resolve(path)), { recursive: true })
    await writeDurable(resolve(path), content)
  }
}

/** The same gate, to be run again by whoever reads the page. */
function commandOf(request: GateRequest, seed: number): readonly string[] {
  const { pack, policyFile, runningImage, earlierReports, corpora, inputs } = request
  const list = (flag: string, values: readonly string[]) => (values.length === 0 ? [] : [flag, ...values])
  return [
    'firebreak',
    'gate',
    pack,
    '--seed',
    String(seed),
    ...(policyFile === null ? [] : ['--policy', policyFile]),
    ...(runningImage === null ? [] : ['--against', runningImage]),
    ...list('--history', earlierReports),
    ...list('--corpus', corpora),
    ...list('--inputs', inputs),
  ]
}
