import type { IncomingMessage } from 'node:http'
import { HttpError } from './errors.ts'

/** One thing that the server answers. */
export interface Route {
  readonly method: 'GET' | 'POST'
  /** With `:name` for a segment and a last `*` for all the rest, such as `/v1/packs/:pack/halt`. */
  readonly path: string
  handle(request: HttpRequest): Promise<Response> | Response
}

/** A request as it came. Everything in it is the client's to choose. */
export class HttpRequest {
  readonly path: string
  readonly #incoming: IncomingMessage
  readonly #parameters: Readonly<Record<string, string>>

  constructor(path: string, parameters: Readonly<Record<string, string>>, incoming: IncomingMessage) {
    this.path = path
    this.#parameters = parameters
    this.#incoming = incoming
  }

  /** A segment that the route names with `:name`. */
  parameter(name: string): string {
    return this.#parameters[name] ?? ''
  }

  /** Null when there is none; `name` in lower case. */
  header(name: string): string | null {
    const value = this.#incoming.headers[name]
    return typeof value === 'string' ? value : null
  }

  /** The token of `Authorization: Bearer TOKEN`, or null. */
  bearerToken(): string | null {
    const found = /^Bearer ([A-Za-z0-9._~+/=-]{1,512})$/i.exec(this.header('authorization') ?? '')
    return found?.[1] ?? null
  }

  /**
   * Reads the body. Stops at the first byte too many, whatever length the client announced.
   *
   * @throws HttpError http/body-too-large | http/aborted
   */
  async body(bytesMax: number): Promise<Uint8Array> {
    const announced = Number(this.header('content-length') ?? 0)
    if (announced > bytesMax) throw tooLarge(bytesMax)
    const chunks: Uint8Array[] = []
    let bytes = 0
    try {
      for await (const chunk of this.#incoming as AsyncIterable<Uint8Array>) {
        bytes += chunk.length
        if (bytes > bytesMax) throw tooLarge(bytesMax)
        chunks.push(chunk)
      }
    } catch (error) {
      if (error instanceof HttpError) throw error
      throw new HttpError('http/aborted', 'Cannot read the request: the client went away', {}, error)
    }
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
  }
}

function tooLarge(bytesMax: number): HttpError {
  return new HttpError('http/body-too-large', `Cannot read the request: more than ${bytesMax} bytes`, { bytesMax })
}

export function jsonResponse(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
  })
}

/** The one form of an error: `{error: {code, message}}`. */
export function errorResponse(status: number, code: string, message: string): Response {
  return jsonResponse(status, { error: { code, message } }, status === 413 ? { connection: 'close' } : {})
}

export function emptyResponse(): Response {
  return new Response(null, { status: 204 })
}
