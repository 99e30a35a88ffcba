import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { sha256Hex } from '@firebreak/crypto'
import { type FuzzFinding, printable, shown as shownInput } from '@firebreak/gate'

/** What a run came to. */
export interface Shown {
  readonly name: string
  readonly seed: number
  readonly executions: number
  readonly accepted: number
  readonly blocks: number
  /** 0: not known. */
  readonly blocksTotal: number
  readonly corpus: number
  readonly findings: readonly FuzzFinding[]
}

const MESSAGE_CHARS_MAX = 300
const PROGRESS_MS = 200

/** Says what was found, and writes the inputs to a folder if there is one. */
export async function show(
  run: Shown,
  { json, out }: { readonly json: boolean; readonly out: string | null },
): Promise<void> {
  const files = new Map<FuzzFinding, string>()
  if (out !== null && run.findings.length > 0) {
    await mkdir(out, { recursive: true })
    for (const finding of run.findings) {
      const file = join(out, fileOf(finding))
      await writeFile(file, finding.input)
      files.set(finding, file)
    }
  }
  const lines = run.findings.flatMap((one) => linesOf(one, files.get(one) ?? null))
  process.stdout.write(`${[summary(run), ...lines].join('\n')}\n`)
  if (!json) return
  const findings = run.findings.map(({ input, ...one }) => ({
    ...one,
    bytes: input.length,
    inputHex: Buffer.from(input).toString('hex'),
  }))
  process.stdout.write(`${JSON.stringify({ ok: run.findings.length === 0, ...run, findings })}\n`)
}

/** By its bucket, so that one bug has one file. */
export function fileOf({ bucket }: FuzzFinding): string {
  return `${sha256Hex(bucket).slice(0, 16)}.bin`
}

function summary({ name, seed, executions, accepted, blocks, blocksTotal, corpus, findings }: Shown): string {
  const of = blocksTotal > 0 ? ` of ${blocksTotal}` : ''
  const counts = `${executions} inputs of seed ${seed}, ${accepted} accepted, ${blocks}${of} blocks, ${corpus} kept`
  return `${name}: ${findings.length === 0 ? 'nothing found' : `${findings.length} found`}; ${counts}`
}

function linesOf({ code, message, place, input, foundAt }: FuzzFinding, file: string | null): readonly string[] {
  const where = place === null ? '' : ` at ${place}`
  return [
    `  ${printable(`${code}${where}: ${message}`, MESSAGE_CHARS_MAX)}`,
    `    input ${foundAt}, smallest: ${file ?? shownInput(input)}`,
  ]
}

/** One line on a terminal that is written over and over. */
export class ProgressLine {
  readonly #startedMs = performance.now()
  readonly #isShown = process.stderr.isTTY
  #lastMs = 0

  tell(executions: number, blocks: number, findings: number): void {
    const nowMs = performance.now()
    if (!this.#isShown || nowMs - this.#lastMs < PROGRESS_MS) return
    this.#lastMs = nowMs
    const perSecond = Math.round((1_000 * executions) / (nowMs - this.#startedMs))
    process.stderr.write(`\r\u001b[K${executions} inputs, ${perSecond}/s, ${blocks} blocks, ${findings} found`)
  }

  end(): void {
    if (this.#isShown) process.stderr.write('\r\u001b[K')
  }
}
