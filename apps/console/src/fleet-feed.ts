import type { FleetStatus, StreamLine } from '@firebreak/api'
import type { FleetEvent } from './fleet-state.ts'
import { ndjsonReader } from './ndjson.ts'

export interface FeedOptions {
  /** '' in the browser: the page's own origin. */
  readonly origin: string
  readonly token: string
  readonly dispatch: (event: FleetEvent) => void
  readonly onUnauthorised: () => void
  /** Wait before attempt `attempt` (1 is the first retry). */
  readonly retryDelayMs: (attempt: number) => number
}

export interface FleetFeed {
  /** Ends the wait before the next attempt. */
  readonly retryNow: () => void
  readonly close: () => void
}

const RETRY_FIRST_MS = 500
const RETRY_MAX_MS = 15_000
const STATUS_TIMEOUT_MS = 15_000
/** A connection that is silent for longer is opened anew: a dead peer looks just like a quiet one. */
const STREAM_IDLE_MS_MAX = 60_000
/** Lines are handed over in batches: a storm of detections must not become a storm of renders. */
const BATCH_MS = 100

class Unauthorised extends Error {}

/** Doubles from 0.5 s to 15 s; `random` in [0, 1) spreads consoles that lost the same server over a quarter. */
export function backoffMs(attempt: number, random: number): number {
  const base = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(attempt - 1, 16))
  return Math.round(base * (0.75 + random / 4))
}

/** Follows the fleet: one status, then the stream, and both again, after a wait, whenever the stream ends. */
export function openFleetFeed(options: FeedOptions): FleetFeed {
  const closed = new AbortController()
  let wake = (): void => {}
  const wait = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  void follow(options, closed.signal, wait)
  return {
    retryNow: () => wake(),
    close: () => {
      closed.abort()
      wake()
    },
  }
}

async function follow(options: FeedOptions, closed: AbortSignal, wait: (ms: number) => Promise<void>): Promise<void> {
  const { dispatch } = options
  let attempt = 0
  while (!closed.aborted) {
    let reason = 'The server closed the connection.'
    try {
      await readStatus(options, closed)
      const end = await readStream(options, closed, () => {
        attempt = 0
      })
      if (end === 'idle') continue
    } catch (error) {
      if (closed.aborted) return
      if (error instanceof Unauthorised) return options.onUnauthorised()
      reason = reasonOf(error)
    }
    if (closed.aborted) return
    attempt += 1
    const delay = options.retryDelayMs(attempt)
    dispatch({ kind: 'lost', reason, retryAtMs: Date.now() + delay })
    await wait(delay)
    if (!closed.aborted) dispatch({ kind: 'retrying', atMs: Date.now() })
  }
}

async function readStatus(options: FeedOptions, closed: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([closed, AbortSignal.timeout(STATUS_TIMEOUT_MS)])
  const response = await get(options, '/v1/status', signal)
  const status = (await response.json()) as FleetStatus
  options.dispatch({ kind: 'lines', lines: [{ kind: 'status', status }], atMs: Date.now() })
}

/** Reads until the server ends the stream ('end') or says nothing for STREAM_IDLE_MS_MAX ('idle'). */
async function readStream(options: FeedOptions, closed: AbortSignal, onOpen: () => void): Promise<'end' | 'idle'> {
  const idle = new AbortController()
  let timer = setTimeout(() => idle.abort(), STREAM_IDLE_MS_MAX)
  const batch = lineBatch(options.dispatch)
  try {
    const response = await get(options, '/v1/stream', AbortSignal.any([closed, idle.signal]))
    onOpen()
    options.dispatch({ kind: 'live' })
    const parse = ndjsonReader()
    const decode = new TextDecoder()
    const reader = response.body?.getReader()
    for (;;) {
      const chunk = await reader?.read()
      if (chunk?.value === undefined) return 'end'
      clearTimeout(timer)
      timer = setTimeout(() => idle.abort(), STREAM_IDLE_MS_MAX)
      batch.add(parse(decode.decode(chunk.value, { stream: true })) as readonly StreamLine[])
    }
  } catch (error) {
    if (idle.signal.aborted) return 'idle'
    throw error
  } finally {
    clearTimeout(timer)
    batch.flush()
  }
}

function lineBatch(dispatch: FeedOptions['dispatch']): {
  readonly add: (lines: readonly StreamLine[]) => void
  readonly flush: () => void
} {
  let lines: StreamLine[] = []
  let timer: ReturnType<typeof setTimeout> | undefined
  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (lines.length > 0) dispatch({ kind: 'lines', lines, atMs: Date.now() })
    lines = []
  }
  return {
    flush,
    add: (more) => {
      lines = [...lines, ...more]
      timer ??= setTimeout(flush, BATCH_MS)
    },
  }
}

async function get(options: FeedOptions, path: string, signal: AbortSignal): Promise<Response> {
  const response = await fetch(options.origin + path, {
    headers: { authorization: `Bearer ${options.token}` },
    cache: 'no-store',
    signal,
  })
  if (response.status === 401 || response.status === 403) throw new Unauthorised()
  if (!response.ok) throw new Error(`The server answered ${response.status}.`)
  return response
}

/** Messages of fetch differ between browsers and say nothing to an operator. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError || error instanceof RangeError) return 'The server sent something unreadable.'
  if (error instanceof TypeError || error instanceof DOMException) return 'The server cannot be reached.'
  return error instanceof Error ? error.message : 'The server cannot be reached.'
}
