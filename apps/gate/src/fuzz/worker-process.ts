import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Job, JobResult, Said } from './jobs.ts'
import { recordedInput } from './run-job.ts'

export type JobOutcome =
  | { readonly kind: 'done'; readonly result: JobResult }
  /** An input ended the process that read it, or kept it. */
  | { readonly kind: 'died'; readonly how: string; readonly input: Uint8Array }
  /** It could not be run to its end, and why is not known. */
  | { readonly kind: 'fault'; readonly message: string }

export type OnProgress = (said: Extract<Said, { readonly kind: 'progress' }>) => void

/** Of the heap; typed arrays are outside of it, and are counted by the program under test. */
const HEAP_MIB_MAX = 384
/** Smaller than usual, so that a missing limit on depth shows in small inputs. */
const STACK_KIB = 512
/** Without a word for so long it hangs: fuel ends everything else, but for one call of a built-in function. */
export const SILENCE_MS_MAX = 60_000

/** One process that fuzzes, kept from job to job, and replaced when it dies. */
export class WorkerProcess {
  #child: ChildProcess | null = null
  readonly #silenceMsMax: number

  constructor(silenceMsMax: number = SILENCE_MS_MAX) {
    this.#silenceMsMax = silenceMsMax
  }

  /**
   * Equal jobs do the same again, so only when one dies is it run once more, with every input written down before it runs.
   */
  async run(job: Job, onProgress: OnProgress): Promise<JobOutcome> {
    const first = await this.#try(job, onProgress)
    if (first.kind !== 'ended') return first
    const folder = await mkdtemp(join(tmpdir(), 'firebreak-fuzz-'))
    try {
      const recordInputs = join(folder, 'input')
      const again = await this.#try({ ...job, recordInputs }, onProgress)
      if (again.kind !== 'ended')
        return { kind: 'fault', message: `a worker ended (${first.how}), and not when run again` }
      const input = recordedInput(await readFile(recordInputs).catch(() => new Uint8Array(0)))
      if (input === null) return { kind: 'fault', message: `a worker ended before its first input: ${again.how}` }
      return { kind: 'died', how: again.how, input }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  /** The job that it does ends with what it has by now. */
  enough(): void {
    this.#child?.send('enough')
  }

  end(): void {
    this.#child?.kill('SIGKILL')
    this.#child = null
  }

  async #try(
    job: Job,
    onProgress: OnProgress,
  ): Promise<Exclude<JobOutcome, { kind: 'died' }> | { readonly kind: 'ended'; readonly how: string }> {
    const child = (this.#child ??= start())
    const { promise, resolve } = Promise.withResolvers<
      Awaited<ReturnType<WorkerProcess['run']>> | { kind: 'ended'; how: string }
    >()
    let timer = setTimeout(() => child.kill('SIGKILL'), this.#silenceMsMax)
    const onMessage = (said: Said): void => {
      timer = timer.refresh()
      if (said.kind === 'progress') onProgress(said)
      else if (said.kind === 'done') resolve(said)
      else resolve({ kind: 'fault', message: said.message })
    }
    const onExit = (code: number | null, signal: string | null): void => {
      this.#child = null
      resolve({ kind: 'ended', how: signal === null ? `exit code ${code}` : `signal ${signal}` })
    }
    child.on('message', onMessage)
    child.once('exit', onExit)
    child.send(job)
    const outcome = await promise
    clearTimeout(timer)
    child.off('message', onMessage)
    child.off('exit', onExit)
    return outcome as Exclude<JobOutcome, { kind: 'died' }> | { readonly kind: 'ended'; readonly how: string }
  }
}

function start(): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.ts'), [], {
    serialization: 'advanced',
    execArgv: [`--max-old-space-size=${HEAP_MIB_MAX}`, `--stack-size=${STACK_KIB}`, '--no-warnings'],
    // What V8 says when its heap is full is for nobody.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
}
