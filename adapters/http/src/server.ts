import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { Hono } from 'hono'
import { HttpError } from './errors.ts'
import { errorResponse, HttpRequest, type Route } from './routes.ts'

export interface ListenOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly routes: readonly Route[]
  /** PEM. Needed to listen beyond this machine. */
  readonly tls?: { readonly certificate: string; readonly privateKey: string }
  /** Turns what a route threw into an answer; what it does not know it reports and answers with 500. */
  readonly onError: (error: unknown) => Response
}

export interface HttpServer {
  readonly url: string
  readonly port: number
  /** Takes no more requests, lets those that run finish within CLOSE_GRACE_MS, cuts the others. */
  close(): Promise<void>
}

/** A slow client may not hold a connection: 10 s for the headers, 60 s for all of a request. */
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const HEADERS_SIZE_BYTES_MAX = 16_384
const CONNECTIONS_MAX = 20_000
const CLOSE_GRACE_MS = 2_000

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|::1|localhost)$/

/** Nothing but our own files, no frames, no forms: a detection that carries markup stays text. */
const SECURITY_HEADERS: readonly (readonly [string, string])[] = [
  [
    'content-security-policy',
    `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'; form-action 'none'`,
  ],
  ['x-content-type-options', 'nosniff'],
  ['referrer-policy', 'no-referrer'],
  ['cross-origin-opener-policy', 'same-origin'],
  ['cross-origin-resource-policy', 'same-origin'],
]

/**
 * Listens for HTTP, or HTTPS when `tls` is given.
 *
 * @throws HttpError http/tls-required for an address beyond this machine without TLS | http/port-in-use | http/address
 */
export async function listen(options: ListenOptions): Promise<HttpServer> {
  const { host, port, tls } = options
  if (!tls && !LOOPBACK.test(host)) {
    throw new HttpError(
      'http/tls-required',
      `Cannot listen on ${host}: beyond this machine only with TLS; give a certificate and its key`,
      { host },
    )
  }
  const limits = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    maxHeaderSize: HEADERS_SIZE_BYTES_MAX,
  }
  const server = tls ? createTlsServer({ ...limits, cert: tls.certificate, key: tls.privateKey }) : createServer(limits)
  server.on('request', listenerOf(options, server))
  server.maxConnections = CONNECTIONS_MAX
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw listenError(host, port, error)
  }
  const bound = (server.address() as AddressInfo).port
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    url: `${tls ? 'https' : 'http'}://${shown}:${bound}`,
    port: bound,
    close: () => close(server),
  }
}

function listenerOf(
  { routes, onError }: ListenOptions,
  server: Server,
): (request: IncomingMessage, response: ServerResponse) => void {
  const app = new Hono<{ Bindings: HttpBindings }>({ strict: true })
  for (const route of routes) {
    app.on(route.method, route.path, async (context) =>
      route.handle(new HttpRequest(context.req.path, context.req.param(), context.env.incoming)),
    )
  }
  app.notFound(() => errorResponse(404, 'http/not-found', 'Cannot answer: there is nothing at this address'))
  app.onError((error) => onError(error))
  const answer = getRequestListener(
    async (request, env) => {
      const response = await app.fetch(request, env)
      for (const [name, value] of SECURITY_HEADERS) response.headers.set(name, value)
      return response
    },
    { overrideGlobalObjects: false },
  )
  return (request, response) => {
    // After `close` began, a connection goes as soon as its last answer is out, not when its client is done with it.
    response.once('close', () => {
      if (!server.listening) setImmediate(() => server.closeIdleConnections())
    })
    void answer(request, response)
  }
}

async function close(server: Server): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
  await closed
  clearTimeout(cut)
}

function listenError(host: string, port: number, error: unknown): HttpError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (code === 'EADDRINUSE') {
    const message = `Cannot listen on ${host}:${port}: the port is in use; stop the other program or choose another port`
    return new HttpError('http/port-in-use', message, { host, port }, error)
  }
  const reason =
    code === 'EACCES' ? 'no permission for this port; choose one above 1023' : `the system refuses (${code})`
  return new HttpError('http/address', `Cannot listen on ${host}:${port}: ${reason}`, { host, port }, error)
}
