import type { Beacon, DetectionRecord, Enrolled, Enrolment } from '@firebreak/api'
import { FirebreakError, object, parseJson, text } from '@firebreak/kernel'

export type FetcherErrorCode =
  | 'fetcher/unreachable' // no answer: try again later
  | 'fetcher/refused' // the server said no
  | 'fetcher/too-large'
  | 'fetcher/identity' // no way to enrol
  | 'fetcher/release' // a target that is not the release that the plan names
  | 'fetcher/policy' // what the owner of the host laid there was not taken

export class FetcherError extends FirebreakError<FetcherErrorCode> {}

const REQUEST_TIMEOUT_MS = 10_000
/** A slow line may take longer for a large file, but not slower than this: 32 KiB/s. */
const BYTES_PER_MS_MIN = 32
const ANSWER_BYTES_MAX = 65_536

const enrolled = object<Enrolled>({ host: text(64), token: text(256) })

/** The agent's side of the REST API. */
export class ApiClient {
  readonly #url: string

  constructor(url: string) {
    this.#url = url.replace(/\/$/, '')
  }

  async enrol(enrolToken: string, body: Enrolment): Promise<Enrolled> {
    const answer = await this.#post('/v1/hosts', enrolToken, body)
    return enrolled(parseJson(answer, ANSWER_BYTES_MAX, 'enrolment answer'), 'enrolment answer')
  }

  async beacon(token: string, beacon: Beacon): Promise<void> {
    await this.#post('/v1/beacons', token, beacon)
  }

  async detections(token: string, detections: readonly DetectionRecord[]): Promise<void> {
    await this.#post('/v1/detections', token, { detections })
  }

  /** A static file, or null when the server says that there is none. */
  async file(path: string, bytesMax: number): Promise<Uint8Array | null> {
    const response = await this.#fetch(path, {}, REQUEST_TIMEOUT_MS + bytesMax / BYTES_PER_MS_MIN)
    if (response.status === 404 || response.status === 403) {
      await response.body?.cancel()
      return null
    }
    if (!response.ok) throw new FetcherError('fetcher/refused', `Cannot get ${path}: HTTP ${response.status}`)
    return readBounded(response, bytesMax, path)
  }

  async #post(path: string, token: string, body: unknown): Promise<Uint8Array> {
    const response = await this.#fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(body),
    })
    const answer = await readBounded(response, ANSWER_BYTES_MAX, path)
    if (!response.ok) {
      const said = new TextDecoder().decode(answer).slice(0, 500)
      throw new FetcherError('fetcher/refused', `Cannot post ${path}: HTTP ${response.status} ${said}`, {
        status: response.status,
      })
    }
    return answer
  }

  async #fetch(path: string, init: RequestInit, timeoutMs = REQUEST_TIMEOUT_MS): Promise<Response> {
    try {
      return await fetch(this.#url + path, {
        ...init,
        redirect: 'error',
        signal: AbortSignal.timeout(Math.ceil(timeoutMs)),
      })
    } catch (error) {
      throw new FetcherError('fetcher/unreachable', `Cannot reach ${this.#url}${path}`, {}, error)
    }
  }
}

/** Endless data ends here: never more than `bytesMax` in memory. */
async function readBounded(response: Response, bytesMax: number, what: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length
      if (bytes > bytesMax) throw new FetcherError('fetcher/too-large', `Cannot read ${what}: over ${bytesMax} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof FetcherError) throw error
    throw new FetcherError('fetcher/unreachable', `Cannot read ${what}: the connection broke`, {}, error)
  }
  return Buffer.concat(chunks)
}
