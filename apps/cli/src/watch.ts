import type { DetectionRecord, FleetStatus, HostStatus, ReleaseOutcome } from '@firebreak/api'
import type { Sha256Hex } from '@firebreak/kernel'
import type { VerdictRecord } from '@firebreak/rollout'
import { CliError } from './errors.ts'
import type { OperatorClient } from './operator-client.ts'

export interface SeenDetection {
  readonly host: string
  readonly detection: DetectionRecord
}

/** Follows a server's stream, keeps the newest status and all detections, and wakes whoever waits for something. */
export class Watch {
  status: FleetStatus | null = null
  readonly detections: SeenDetection[] = []
  readonly #abort = new AbortController()
  readonly #waiting = new Set<() => void>()
  readonly #client: OperatorClient
  readonly #onDetection: (seen: SeenDetection) => void
  readonly #ended: Promise<void>
  #failure: unknown = null

  constructor(client: OperatorClient, onDetection: (seen: SeenDetection) => void = () => {}) {
    this.#client = client
    this.#onDetection = onDetection
    this.#ended = this.#follow()
  }

  /**
   * Waits until `find` finds something.
   *
   * @throws CliError cli/timeout, naming `what`
   */
  async until<T>(what: string, timeoutMs: number, find: (watch: Watch) => T | null | undefined | false): Promise<T> {
    const found = find(this)
    if (found !== null && found !== undefined && found !== false) return found
    if (this.#failure !== null) throw this.#failure
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer)
        this.#waiting.delete(look)
        settle()
      }
      const look = () => {
        const now = find(this)
        if (now !== null && now !== undefined && now !== false) finish(() => resolve(now))
        else if (this.#failure !== null) finish(() => reject(this.#failure))
      }
      const timer = setTimeout(() => {
        finish(() =>
          reject(new CliError('cli/timeout', `Cannot go on: ${what} did not happen in ${timeoutMs / 1000} s`)),
        )
      }, timeoutMs)
      this.#waiting.add(look)
    })
  }

  /** Ends it; whoever still waits for something is told that it won't come. */
  async close(): Promise<void> {
    this.#failure ??= new CliError('cli/interrupted', 'Nobody watches any more')
    this.#abort.abort()
    await this.#ended
  }

  async #follow(): Promise<void> {
    try {
      for await (const line of this.#client.stream(this.#abort.signal)) {
        if (line.kind === 'status') this.status = line.status
        else this.#keep(line)
        for (const look of this.#waiting) look()
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#failure = error
    }
    for (const look of this.#waiting) look()
  }

  #keep({ host, detection }: SeenDetection): void {
    const seen = { host, detection }
    this.detections.push(seen)
    this.#onDetection(seen)
  }
}

export function hostsOf(status: FleetStatus | null): readonly HostStatus[] {
  return status?.rings.flatMap(({ hosts }) => hosts) ?? []
}

/** Runs the image outside a trial: the release is confirmed there. */
export function runsConfirmed(host: HostStatus, imageDigest: Sha256Hex): boolean {
  const running = host.beacon?.running
  return running?.imageDigest === imageDigest && running.slot === 'confirmed'
}

export function outcomeOf(host: HostStatus, imageDigest: Sha256Hex): ReleaseOutcome | undefined {
  return host.beacon?.outcomes.find((one) => one.imageDigest === imageDigest)
}

/** The verdict of this kind on this release, if there is one. */
export function verdictOn(
  status: FleetStatus | null,
  imageDigest: Sha256Hex,
  kind: VerdictRecord['kind'],
): VerdictRecord | undefined {
  return status?.verdicts.find((one) => one.imageDigest === imageDigest && one.kind === kind)
}
