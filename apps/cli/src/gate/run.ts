import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuthorHistory, type GateFiles, type GateReport, type GateRequest, parseGateReport } from '@firebreak/gate'
import type { FormatName } from '@firebreak/inputs'
import { CliError } from '../errors.ts'
import type { Screen } from '../screen.ts'
import { LiveLine } from './live-line.ts'
import { askGate } from './process.ts'

/** What a person can ask of the gate; everything has a default. */
export interface GateOptions {
  readonly inputs: readonly FormatName[]
  readonly policy?: string | undefined
  /** Image of the running release. */
  readonly against?: string | undefined
  /** Signed reports of earlier releases. */
  readonly history?: readonly string[] | undefined
  /** How earlier releases went. */
  readonly author?: AuthorHistory | undefined
  /** Files of ordinary activity. */
  readonly corpus?: readonly string[] | undefined
  /** PEM of the gate key. */
  readonly key?: string | undefined
  readonly seed?: number | undefined
  readonly page?: string | undefined
  readonly sarif?: string | undefined
}

/** What came of it: the report as it is published, and the image that it is about. */
export interface GateRun {
  readonly report: GateReport
  /** The same in canonical form. */
  readonly bytes: Uint8Array
  /** The report, signed with the gate key as a statement about the image: null without a key or without an image. */
  readonly statement: Uint8Array | null
  /** Null when the pack does not compile. */
  readonly image: Uint8Array | null
}

/**
 * The whole gate, in a process of its own.
 *
 * @throws CliError cli/gate: the gate itself crashed, and nothing is proved; cli/interrupted; the gate's own refusal of the request
 */
export async function runGate(
  pack: string,
  options: GateOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<GateRun> {
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-gate-'))
  const at = (name: string): string => join(folder, name)
  const [image, report, statement] = [at('image.fbi'), at('report.json'), at('statement.json')]
  const files = { image, report, statement, page: options.page ?? null, sarif: options.sarif ?? null }
  const live = new LiveLine(process.stderr)
  try {
    const request = requestOf(pack, options, files)
    const { result, lastWords } = await askGate(
      request,
      (event) => {
        if (event.event === 'progress') live.draw(event.doneShare, event.leftSeconds, event.what)
        else if (event.event === 'step') {
          live.clear()
          screen.note(event.name)
        }
      },
      interrupted,
      folder,
    )
    live.clear()
    requireDone(result, lastWords)
    const [bytes, signed, compiled] = await Promise.all([readFile(report), readIfThere(statement), readIfThere(image)])
    return { report: parseGateReport(bytes), bytes, statement: signed, image: compiled }
  } finally {
    live.clear()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The request that the gate's process is sent. */
export function requestOf(pack: string, options: GateOptions, files: GateFiles): GateRequest {
  return {
    pack,
    inputs: options.inputs,
    policyFile: options.policy ?? null,
    runningImage: options.against ?? null,
    earlierReports: options.history ?? [],
    author: options.author ?? null,
    corpora: options.corpus ?? [],
    keyFile: options.key ?? null,
    seed: options.seed ?? null,
    files,
    mode: 'gate',
  }
}

/** The gate says what it refuses to look at; when it says nothing at all, it crashed. */
function requireDone(result: unknown, lastWords: string): void {
  if (result === null) throw new CliError('cli/gate', `Cannot tell: the gate itself ended. ${lastWords}`.trim())
  const { code, message } = result as { readonly code?: string; readonly message?: string }
  if (code !== undefined) throw new CliError('cli/usage', message ?? code, { gateCode: code })
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  return readFile(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  })
}
