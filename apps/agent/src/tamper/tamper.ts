import type { Notice } from '@firebreak/api'
import type { AgentPaths } from '../config.ts'
import { harden } from './hygiene.ts'
import { type NoticeCode, Notices } from './notices.ts'
import { OwnFiles } from './own-files.ts'
import { type StopBy, StopGuard } from './stop-guard.ts'
import { foreignWords, readStatus, readSurroundings, type Surroundings, tracerOf } from './surroundings.ts'

export interface TamperOptions {
  readonly paths: AgentPaths
  /** As found before `harden` cleaned it. */
  readonly surroundings: Surroundings
  readonly onNotice: (notice: Pick<Notice, 'code' | 'message'>) => void
  readonly onFault: (code: string, message: string) => void
  readonly onStop: (reason: string, by: StopBy) => void
}

/** Who looks for a tracer more often finds a shorter visit; it costs 20 µs. */
const TRACER_INTERVAL_MS = 2_000

/** What was found, and then cleaned. Call it first of all. */
export function takeSurroundings(): Surroundings {
  const { env, ...found } = readSurroundings()
  const surroundings = { ...found, env: { ...env } }
  harden()
  return surroundings
}

/**
 * Tamper evidence of one agent: its notices, the watch on its files, and who may stop it. It only tells and decides about stops; nothing
 * that it finds ends protection.
 */
export class Tamper {
  readonly #notices: Notices
  readonly #files: OwnFiles
  readonly #guard: StopGuard
  readonly #timer: NodeJS.Timeout
  #tracer: number | null = null

  static async open({ paths, surroundings, onNotice, onFault, onStop }: TamperOptions): Promise<Tamper> {
    const notices = await Notices.open(paths.notices, onFault)
    const tell = (code: NoticeCode, message: string) => {
      onNotice({ code, message })
      void notices.add(code, message)
    }
    for (const words of foreignWords(surroundings)) tell('tamper/environment', words)
    const guard = await StopGuard.open({ paths, nowMs: () => Date.now(), onNotice: tell, onStop })
    return new Tamper(notices, new OwnFiles({ manifest: paths.manifest, onNotice: tell }), guard, tell)
  }

  private constructor(
    notices: Notices,
    files: OwnFiles,
    guard: StopGuard,
    tell: (code: NoticeCode, message: string) => void,
  ) {
    this.#notices = notices
    this.#files = files
    this.#guard = guard
    void files.start()
    const look = () => this.#lookForTracer(tell)
    look()
    this.#timer = setInterval(look, TRACER_INTERVAL_MS).unref()
  }

  /** Newest last. */
  get notices(): readonly Notice[] {
    return this.#notices.all
  }

  /** Looks for a request to stop. */
  async look(host: string | null): Promise<void> {
    await this.#guard.look(host)
  }

  async signalled(signal: string): Promise<void> {
    await this.#guard.signalled(signal)
  }

  /** The end of this run is a notice of the next ones. */
  async stop(reason: string): Promise<void> {
    clearInterval(this.#timer)
    this.#files.stop()
    await this.#notices.add('agent/stopped', `Stopped by ${reason}`)
  }

  #lookForTracer(tell: (code: NoticeCode, message: string) => void): void {
    const tracer = tracerOf(readStatus())
    if (tracer !== null && tracer !== this.#tracer) tell('tamper/traced', `Process ${tracer} traces this agent`)
    this.#tracer = tracer
  }
}
