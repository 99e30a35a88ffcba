import { closeSync, openSync, writeSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { Outcome } from '@firebreak/fuzz'
import type { FuzzFinding, FuzzPoint } from '@firebreak/gate'
import { plantedPatches } from './canaries/all.ts'
import { SWITCH_BANNER } from './canaries/canary.ts'
import { CATALOGUE, foreignSpec, type Fuzzing } from './catalogue.ts'
import type { Job, JobResult } from './jobs.ts'
import { type LiveTarget, liveTarget } from './live-target.ts'
import { placeOfLine } from './place.ts'
import { programOf } from './program.ts'

/** Executions between two looks at whether to go on. */
const STEP = 256
/** Points of the progress that are kept for the report. */
const POINTS_MAX = 40

/** What whoever gave a job hears of it, and when it is enough. */
export interface Watcher {
  readonly progress: (fuzzing: Fuzzing) => void
  readonly isEnough: () => boolean
}

/** Does a job in this process. Equal jobs have equal results. */
export async function runJob(job: Job, { progress, isEnough }: Watcher): Promise<JobResult> {
  const spec = typeof job.target === 'string' ? CATALOGUE[job.target] : foreignSpec(job.target.entry)
  const planted = typeof job.target === 'string' ? plantedPatches(job.target) : []
  const program = await programOf(
    { entry: spec.entry, patches: [...spec.patches, ...planted], banner: planted.length > 0 ? SWITCH_BANNER : '' },
    job.toolDigest,
  )
  Error.stackTraceLimit = 0
  const live = liveTarget(program, { image: job.image, planted: job.planted, fuelMax: spec.fuelMax })
  const recorder = new Recorder(job.recordInputs)
  const counted = new Counted(recorder.around(live))
  const { target } = counted
  const old = runRegressions(job.regressions, target)
  const fuzzing = spec.start({
    target,
    seeds: [...job.seeds, ...job.regressions],
    seed: job.seed,
    dictionary: live.dictionary,
    limits: { inputBytes: spec.inputBytesMax },
  })
  const isOver = (): boolean => fuzzing.executions >= job.executions || (job.planted > 0 && fuzzing.findings.length > 0)
  while (!isOver() && !isEnough()) {
    fuzzing.step(Math.min(STEP, job.executions - fuzzing.executions))
    progress(fuzzing)
    await setImmediate() // messages
  }
  if (job.planted === 0) fuzzing.minimise(job.minimise)
  recorder.close()
  return resultOf(fuzzing, live, { old, accepted: counted.accepted, scriptDigest: program.scriptDigest })
}

function resultOf(
  fuzzing: Fuzzing,
  live: LiveTarget,
  { old, ...rest }: Pick<JobResult, 'accepted' | 'scriptDigest'> & { readonly old: readonly FuzzFinding[] },
): JobResult {
  const last = fuzzing.progress.at(-1)
  const found = fuzzing.findings.map(({ bucket, code, message, block, input, foundAt }): FuzzFinding => {
    const place = block === null ? null : placeOfLine(live.blocks, block)
    return { bucket: `${code}@${place ?? bucket}`, code, message, place, input, foundAt }
  })
  return {
    ...rest,
    executions: fuzzing.executions,
    blocks: last?.blocks ?? 0,
    blocksTotal: live.blocks.length,
    corpus: fuzzing.corpus.length,
    progress: thinned(fuzzing.progress.map(({ executions, blocks, corpus }) => ({ executions, blocks, corpus }))),
    findings: [...old.filter((one) => !found.some(({ bucket }) => bucket === one.bucket)), ...found],
  }
}

function runRegressions(inputs: readonly Uint8Array[], target: LiveTarget): readonly FuzzFinding[] {
  const findings = new Map<string, FuzzFinding>()
  for (const input of inputs) {
    const outcome = target.run(input)
    if (typeof outcome === 'string') continue
    const { block } = target.trace(input)
    const place = block === null ? null : placeOfLine(target.blocks, block)
    const bucket = `${outcome.code}@${place ?? ''}`
    findings.set(bucket, { bucket, ...outcome, place, input, foundAt: 0 })
  }
  return [...findings.values()]
}

function thinned(points: readonly FuzzPoint[]): readonly FuzzPoint[] {
  const step = Math.max(1, Math.ceil(points.length / POINTS_MAX))
  return points.filter((_, i) => i % step === 0 || i === points.length - 1)
}

/** Counts what is accepted, the inputs to begin with among it. */
class Counted {
  readonly target: LiveTarget
  accepted = 0

  constructor(live: LiveTarget) {
    const run = (input: Uint8Array): Outcome => {
      const outcome = live.run(input)
      if (outcome === 'accepted') this.accepted++
      return outcome
    }
    this.target = { ...live, run }
  }
}

/** Writes each input down before it runs, for the case that nobody is left to tell. */
class Recorder {
  readonly #file: number | null

  constructor(path: string | null) {
    this.#file = path === null ? null : openSync(path, 'w', 0o600)
  }

  around(live: LiveTarget): LiveTarget {
    if (this.#file === null) return live
    const recorded =
      <T>(run: (input: Uint8Array) => T) =>
      (input: Uint8Array): T => {
        this.#write(input)
        return run(input)
      }
    return { ...live, run: recorded<Outcome>(live.run), trace: recorded(live.trace) }
  }

  #write(input: Uint8Array): void {
    const head = new Uint8Array(4)
    new DataView(head.buffer).setUint32(0, input.length, true)
    if (this.#file === null) return
    writeSync(this.#file, head, 0, head.length, 0)
    writeSync(this.#file, input, 0, input.length, head.length)
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file)
  }
}

/** What a recorder wrote last; null: nothing. */
export function recordedInput(file: Uint8Array): Uint8Array | null {
  if (file.length < 4) return null
  const length = new DataView(file.buffer, file.byteOffset).getUint32(0, true)
  return file.length < 4 + length ? null : file.slice(4, 4 + length)
}
