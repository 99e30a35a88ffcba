import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { CliError } from './errors.ts'

/** A line that a service prints on standard output: JSON with an `event`. */
export type ServiceLine = Readonly<Record<string, unknown>> & { readonly event: string }

const STOP_TIMEOUT_MS = 8_000
const STDERR_LINES_KEPT = 20

/**
 * A server or an agent as a child process. Its standard input is a pipe from us: with `--end-with-parent` it also ends when we
 * die without a word.
 */
export class Service {
  readonly name: string
  readonly #child: ChildProcess
  readonly #errors: string[] = []
  readonly #waiting = new Set<(line: ServiceLine | null) => void>()
  readonly lines: ServiceLine[] = []
  readonly exited: Promise<void>
  #ended = false

  constructor(name: string, entry: string, args: readonly string[]) {
    this.name = name
    this.#child = spawn(process.execPath, [entry, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true, // Ctrl-C is ours: we end our services in order
    })
    this.#child.stdin?.on('error', () => {})
    if (this.#child.stdout) createInterface({ input: this.#child.stdout }).on('line', (text) => this.#onLine(text))
    if (this.#child.stderr) createInterface({ input: this.#child.stderr }).on('line', (text) => this.#onError(text))
    this.exited = new Promise((resolve) => {
      this.#child.once('close', () => {
        this.#ended = true
        for (const tell of this.#waiting) tell(null)
        resolve()
      })
      this.#child.once('error', (error) => this.#errors.push(error.message))
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** The first line, past or future, that `accepts`. @throws CliError cli/service | cli/timeout */
  async line(accepts: (line: ServiceLine) => boolean, timeoutMs: number): Promise<ServiceLine> {
    const past = this.lines.find(accepts)
    if (past) return past
    if (this.#ended) throw this.failure()
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        this.#waiting.delete(tell)
        settle()
      }
      const tell = (line: ServiceLine | null) => {
        if (line === null) finish(() => reject(this.failure()))
        else if (accepts(line)) finish(() => resolve(line))
      }
      const timer = setTimeout(() => {
        const message = `Cannot go on: the ${this.name} did not answer within ${timeoutMs / 1000} s`
        finish(() => reject(new CliError('cli/timeout', message)))
      }, timeoutMs)
      this.#waiting.add(tell)
    })
  }

  /** Asks it to end, and insists after a while. */
  async stop(): Promise<void> {
    if (this.#ended) return
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await this.exited
    clearTimeout(timer)
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  #onLine(text: string): void {
    if (!text.startsWith('{')) return
    const line = JSON.parse(text) as ServiceLine
    this.lines.push(line)
    for (const tell of this.#waiting) tell(line)
  }

  #onError(text: string): void {
    this.#errors.push(text)
    if (this.#errors.length > STDERR_LINES_KEPT) this.#errors.shift()
  }

  /** One sentence: the reason that it gave, or else the last thing that it or a child of it said. */
  failure(): CliError {
    const reason = this.#errors.findLast((line) => line.startsWith('{'))
    const sentence = (reason && sentenceOf(reason)) ?? this.#errors.at(-1) ?? `Cannot go on: the ${this.name} ended`
    return new CliError('cli/service', sentence, { stderr: this.#errors })
  }
}

/** All services of one command: started one by one, ended together. */
export class ServiceGroup {
  readonly #services: Service[] = []
  readonly #failure = Promise.withResolvers<never>()
  #stopped = false

  constructor() {
    this.#failure.promise.catch(() => {}) // for whoever races against it
  }

  /** Rejects, saying why, as soon as any service ends. */
  get failed(): Promise<never> {
    return this.#failure.promise
  }

  /** A service that comes when the group has ended already is ended at once. */
  add(service: Service): void {
    this.#services.push(service)
    if (this.#stopped) void service.stop()
    void service.exited.then(() => this.#failure.reject(service.failure()))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#services.map((service) => service.stop()))
  }
}

function sentenceOf(line: string): string | undefined {
  const { message } = JSON.parse(line) as { message?: unknown }
  return typeof message === 'string' ? message : undefined
}
