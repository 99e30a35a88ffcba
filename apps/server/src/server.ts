import { setTimeout } from 'node:timers/promises'
import { listen } from '@firebreak/http'
import type { RolloutPolicy } from '@firebreak/rollout'
import { Controller } from './controller.ts'
import { dataFolder, readOnlineKeys, readRoots } from './data-folder.ts'
import { fleetStatus, silentHosts } from './fleet.ts'
import { Hosts } from './hosts.ts'
import { Ingest } from './ingest.ts'
import { Ledger } from './ledger.ts'
import { Repository } from './repository.ts'
import { answerError, apiRoutes } from './routes.ts'
import { openStore } from './schema.ts'
import { StreamHub } from './stream.ts'
import { TokenGuard } from './tokens.ts'

export interface ServeOptions {
  readonly data: string
  readonly host: string
  readonly port: number
  readonly policy: RolloutPolicy
  readonly console: string | null
  readonly tls: { readonly certificate: string; readonly privateKey: string } | null
  /** How often rollouts are judged. */
  readonly tickMs: number
  /** The database or the disk failed after memory had advanced: the process has to end, the next start repairs. */
  readonly onFatal: (error: unknown) => void
}

export interface RunningServer {
  readonly url: string
  /** Finishes what was begun, ends streams, frees the data folder. */
  close(): Promise<void>
}

/** Who falls silent shows within a second, however seldom rollouts are judged. */
const SILENCE_CHECK_MS_MAX = 1_000

/**
 * Wires the parts together and listens.
 *
 * @throws ServerError | SqliteError | DurableError | TufError | HttpError, each with a sentence that says what to do
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { policy, onFatal } = options
  const now = () => Date.now()
  const listeningSinceMs = now()
  const folder = dataFolder(options.data)
  const keys = await readOnlineKeys(folder)
  const roots = await readRoots(folder)
  const database = openStore(folder.database)
  try {
    const tokens = new TokenGuard(database)
    const repository = new Repository(folder, roots, keys, database)
    const ledger = new Ledger(database)
    const hosts = new Hosts(database)
    const onKept = (detections: Parameters<StreamHub['detected']>[0]) => {
      stream.detected(detections)
      stream.statusChanged()
    }
    const ingest = new Ingest(database, onKept, onFatal)
    const fleet = { policy, hosts, ingest, ledger, repository, listeningSinceMs }
    const status = () => fleetStatus(fleet, now())
    const stream = new StreamHub(status, () => ingest.recentDetections())
    const onChange = () => stream.statusChanged()
    const controller = new Controller({
      policy,
      database,
      repository,
      ledger,
      ingest,
      hosts,
      listeningSinceMs,
      now,
      onChange,
      onFatal,
    })
    await controller.start()
    const parts = { tokens, hosts, ingest, controller, repository, stream, folder, status, onChange, now }
    const http = await listen({
      host: options.host,
      port: options.port,
      ...(options.tls ? { tls: options.tls } : {}),
      routes: apiRoutes({ ...parts, console: options.console }),
      onError: answerError,
    })
    let silent = ''
    const ticking = every(options.tickMs, () => controller.tick(), onFatal)
    const watching = every(
      Math.min(options.tickMs, SILENCE_CHECK_MS_MAX),
      async () => {
        const silentNow = silentHosts(fleet, now())
        if (silentNow !== silent) onChange()
        silent = silentNow
      },
      onFatal,
    )
    return {
      url: http.url,
      close: async () => {
        await Promise.all([ticking.stop(), watching.stop()])
        stream.close()
        await http.close()
        ingest.flush()
        database.close()
      },
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Runs `action` again and again, each time `intervalMs` after the last one ended. */
function every(
  intervalMs: number,
  action: () => Promise<void>,
  onError: (error: unknown) => void,
): { stop(): Promise<void> } {
  const stop = new AbortController()
  const loop = async () => {
    try {
      for (;;) {
        await setTimeout(intervalMs, undefined, { signal: stop.signal })
        await action()
      }
    } catch (error) {
      if (!stop.signal.aborted) onError(error)
    }
  }
  const running = loop()
  return {
    stop: () => {
      stop.abort()
      return running
    },
  }
}
