import type { FleetStatus, ReleaseSubmission, StreamLine } from '@firebreak/api'
import { type TargetFile, targetFetchPath, TARGETS_SIZE_BYTES_MAX } from '@firebreak/tuf'
import { CliError } from './errors.ts'

const REQUEST_TIMEOUT_MS = 30_000
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/** An operator's side of the REST API. */
export class OperatorClient {
  readonly url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.url = url.replace(/\/$/, '')
    this.#token = token
  }

  async status(): Promise<FleetStatus> {
    return (await (await this.#request('/v1/status', 'GET')).json()) as FleetStatus
  }

  async submit(submission: ReleaseSubmission): Promise<void> {
    await this.#request('/v1/releases', 'POST', submission)
  }

  async halt(pack: string, reason: string): Promise<void> {
    await this.#request(`/v1/packs/${encodeURIComponent(pack)}/halt`, 'POST', { reason })
  }

  async recall(pack: string, version: string, reason: string): Promise<void> {
    await this.#request(`/v1/packs/${encodeURIComponent(pack)}/recall`, 'POST', { version, reason })
  }

  /** A metadata file, or null when there is none. */
  async metadata(path: string, bytesMax: number = TARGETS_SIZE_BYTES_MAX): Promise<Uint8Array | null> {
    const response = await this.#fetch(`/tuf/metadata/${path}`, {})
    if (response.status === 404 || response.status === 403) return null
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (bytes.length > bytesMax) throw new CliError('cli/denied', `Cannot read ${path}: over ${bytesMax} bytes`)
    return bytes
  }

  /** A file of the repository, unverified, and never more of it than its metadata says. */
  async target(target: TargetFile): Promise<Uint8Array> {
    const response = await this.#fetch(`/tuf/targets/${targetFetchPath(target)}`, {})
    const bytes = new Uint8Array(await response.arrayBuffer())
    if (response.ok && bytes.length === target.lengthBytes) return bytes
    throw new CliError('cli/denied', `Cannot read ${target.path}: the server does not have it as it was published`)
  }

  /** What the server tells as it happens, until `signal` aborts. */
  async *stream(signal: AbortSignal): AsyncGenerator<StreamLine> {
    const response = await this.#request('/v1/stream', 'GET', undefined, signal)
    let rest = ''
    const decoder = new TextDecoder()
    try {
      for await (const chunk of response.body ?? []) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as StreamLine
      }
    } catch (error) {
      if (!signal.aborted) throw new CliError('cli/unreachable', `Cannot follow ${this.url}: it went away`, {}, error)
    }
  }

  async #request(path: string, method: 'GET' | 'POST', body?: unknown, signal?: AbortSignal): Promise<Response> {
    const response = await this.#fetch(path, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ?? AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    if (response.ok) return response
    const answer = (await response.text()).slice(0, ANSWER_BYTES_MAX)
    const { code, message } = readError(answer)
    throw new CliError('cli/denied', message, { status: response.status, serverCode: code })
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(this.url + path, init)
    } catch (error) {
      const message = `Cannot reach the server at ${this.url}: is it running? \`firebreak up\` starts one.`
      throw new CliError('cli/unreachable', message, {}, error)
    }
  }
}

function readError(answer: string): { code: string; message: string } {
  try {
    const { error } = JSON.parse(answer) as { error?: { code?: string; message?: string } }
    return { code: error?.code ?? 'unknown', message: error?.message ?? answer.slice(0, 200) }
  } catch {
    return { code: 'unknown', message: answer.slice(0, 200) }
  }
}
