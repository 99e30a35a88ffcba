import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Campaign, createCampaign, type Outcome, type Target } from '@firebreak/fuzz'
import { FuzzError } from '../errors.ts'
import { JSON_FORMAT } from '../formats/documents.ts'
import type { FuzzCommand } from './options.ts'
import { readSeedFiles } from './seed-files.ts'
import { ProgressLine, type Shown } from './show.ts'

type ForProgram = Extract<FuzzCommand, { readonly kind: 'command' }>

/** Stands for the file with the input, in any argument. */
const FILE_ARGUMENT = '@@'
/** Ways in which a program can answer that are told apart: all the feedback that there is. */
const CLASSES = 4_096
const OUTPUT_BYTES_MAX = 65_536
const MINIMISE_EXECUTIONS = 200
const INPUT_BYTES_MAX = 65_536

/**
 * Drives a program of somebody else's. Nothing is seen of its inside: what is new is a new way to end, an exit code with another kind of
 * last words, so it is a thousand times slower and much blinder than for a parser that can be instrumented.
 */
export async function fuzzCommand(options: ForProgram, interrupted: AbortSignal): Promise<Shown> {
  const { inputs, dictionary } = await readSeedFiles(options.seeds)
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-fuzz-'))
  try {
    const target = programTarget(options, join(folder, 'input'))
    const isJson = inputs.length > 0 && inputs.every((one) => JSON_FORMAT.decode(one) !== null)
    const campaign = createCampaign({
      target,
      format: isJson ? JSON_FORMAT : null,
      seeds: inputs,
      seed: options.seed,
      dictionary,
      limits: { inputBytes: INPUT_BYTES_MAX },
    })
    await drive(campaign, options.executions, interrupted)
    return {
      name: options.command.join(' '),
      seed: options.seed,
      executions: campaign.executions,
      accepted: campaign.progress.at(-1)?.accepted ?? 0,
      blocks: campaign.progress.at(-1)?.blocks ?? 0,
      blocksTotal: 0,
      corpus: campaign.corpus.length,
      findings: campaign.findings.map(({ bucket, code, message, input, foundAt }) => {
        return { bucket, code, message, place: null, input, foundAt }
      }),
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function drive<Tree>(campaign: Campaign<Tree>, executions: number, interrupted: AbortSignal): Promise<void> {
  const line = new ProgressLine()
  while (campaign.executions < executions && !interrupted.aborted) {
    campaign.step(1)
    line.tell(campaign.executions, campaign.progress.at(-1)?.blocks ?? 0, campaign.findings.length)
    await setImmediate() // signals
  }
  if (!interrupted.aborted) campaign.minimise(MINIMISE_EXECUTIONS)
  line.end()
}

function programTarget({ command, okExits, timeoutMs }: ForProgram, file: string): Target {
  const [program = '', ...args] = command
  const byFile = args.some((one) => one.includes(FILE_ARGUMENT))
  const given = args.map((one) => one.replaceAll(FILE_ARGUMENT, file))
  const counters = new Uint8Array(CLASSES)
  return {
    counters,
    trace: null,
    run: (input): Outcome => {
      if (byFile) writeFileSync(file, input)
      const ended = spawnSync(program, given, {
        input: byFile ? '' : input,
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        maxBuffer: OUTPUT_BYTES_MAX,
      })
      const { status, signal, error, stdout, stderr } = ended
      const code = errorCodeOf(error)
      if (code === 'ENOENT' || code === 'EACCES') throw new FuzzError('fuzz/usage', `Cannot run ${program}: ${code}`)
      const how = signal === null ? `exit ${status}` : `signal ${signal}`
      for (const words of [how, `${how} ${kindOf(stderr)}`, `${how} ${kindOf(stdout)}`]) counters[classOf(words)] = 1
      if (code === 'ETIMEDOUT') return { code: 'hang', message: `does not end within ${timeoutMs} ms` }
      // It got our own Ctrl-C, or wrote more than anybody reads.
      if (signal === 'SIGINT' || code === 'ENOBUFS' || code === 'EPIPE') return 'rejected'
      if (signal !== null) return { code: `crash:${signal}`, message: `ends by ${signal}` }
      if (!okExits.includes(status ?? 0)) return { code: `exit:${status}`, message: `ends with exit code ${status}` }
      return status === 0 ? 'accepted' : 'rejected'
    },
  }
}

function errorCodeOf(error: Error | undefined): string | null {
  return error !== undefined && 'code' in error ? String(error.code) : null
}

const WORDS_CHARS = 200

/** The first line of what it says, without numbers and names: what differs there is the input. */
function kindOf(output: Buffer | null): string {
  const [line = ''] = (output ?? Buffer.alloc(0)).toString('latin1').split('\n', 1)
  return line
    .slice(0, WORDS_CHARS)
    .replaceAll(/['"].*?['"]/g, '"')
    .replaceAll(/\d+/g, '0')
}

/** FNV-1a. */
function classOf(words: string): number {
  let mixed = 0x811c9dc5
  for (let i = 0; i < words.length; i++) mixed = Math.imul(mixed ^ words.charCodeAt(i), 0x01000193)
  return (mixed >>> 0) % CLASSES
}
