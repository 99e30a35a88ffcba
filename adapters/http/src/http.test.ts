import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { errorCode } from '@firebreak/kernel'
import { LineStream } from './line-stream.ts'
import { emptyResponse, errorResponse, jsonResponse, type Route } from './routes.ts'
import { type HttpServer, listen } from './server.ts'
import { serveFolder } from './static-folder.ts'

const BODY_BYTES_MAX = 1000
const folder = mkdtempSync(join(tmpdir(), 'firebreak-http-'))
const onError = (error: unknown) =>
  errorResponse(errorCode(error) === 'http/not-found' ? 404 : 413, errorCode(error), 'no')
const files = serveFolder({ folder: join(folder, 'public'), immutable: /^assets\// })
let onCut: () => void = () => {}

/** Writes as fast as it can until the client is cut. */
function flood(): Response {
  let isOpen = true
  const stream = new LineStream(() => {
    isOpen = false
    onCut()
  }, 1_000_000)
  const more = () => {
    stream.write('x'.repeat(100_000))
    if (isOpen) setImmediate(more)
  }
  more()
  return stream.response
}

const routes: readonly Route[] = [
  {
    method: 'POST',
    path: '/echo/:name',
    handle: async (request) =>
      jsonResponse(200, {
        name: request.parameter('name'),
        bytes: (await request.body(BODY_BYTES_MAX)).length,
        token: request.bearerToken(),
      }),
  },
  { method: 'POST', path: '/empty', handle: () => emptyResponse() },
  { method: 'GET', path: '/flood', handle: () => flood() },
  { method: 'GET', path: '/files/*', handle: (request) => files(request, request.path.slice('/files/'.length)) },
]
let server: HttpServer

before(async () => {
  mkdirSync(join(folder, 'public', 'assets'), { recursive: true })
  writeFileSync(join(folder, 'public', 'index.html'), '<p>')
  writeFileSync(join(folder, 'public', 'assets', 'a.js'), '1')
  writeFileSync(join(folder, 'public', '.hidden'), 'no')
  writeFileSync(join(folder, 'secret'), 'no')
  symlinkSync(join(folder, 'secret'), join(folder, 'public', 'link'))
  server = await listen({ host: '127.0.0.1', port: 0, routes, onError })
})
after(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

const send = (body: string | ReadableStream, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/echo/n%20m`, { method: 'POST', body, headers, duplex: 'half' } as RequestInit)

test('a route gets its parameters, its body and its token', async () => {
  const response = await send('x'.repeat(BODY_BYTES_MAX), { authorization: 'Bearer abc-_.~+/=' })
  assert.deepEqual(await response.json(), { name: 'n m', bytes: BODY_BYTES_MAX, token: 'abc-_.~+/=' })
})

for (const header of ['', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', `Bearer ${'a'.repeat(513)}`]) {
  test(`no token in ${JSON.stringify(header.slice(0, 20))}`, async () => {
    const response = await send('', { authorization: header })
    assert.equal(((await response.json()) as { token: string | null }).token, null)
  })
}

test('a body over the limit is refused, whether its length was announced or not', async () => {
  const announced = await send('x'.repeat(BODY_BYTES_MAX + 1))
  const chunked = await send(new Blob(['x'.repeat(BODY_BYTES_MAX + 1)]).stream())
  for (const response of [announced, chunked]) {
    assert.equal(response.status, 413)
    assert.deepEqual(await response.json(), { error: { code: 'http/body-too-large', message: 'no' } })
  }
})

test('every answer carries the security headers, also 204, 304, 404 and errors', async () => {
  const page = await fetch(`${server.url}/files/index.html`)
  const answers = [
    page,
    await fetch(`${server.url}/files/index.html`, { headers: { 'if-none-match': page.headers.get('etag') ?? '' } }),
    await fetch(`${server.url}/empty`, { method: 'POST' }),
    await fetch(`${server.url}/none`),
    await send('x'.repeat(BODY_BYTES_MAX + 1)),
  ]
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 304, 204, 404, 413],
  )
  for (const { headers } of answers) {
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
  }
})

test('files: type, caching and change', async () => {
  const page = await fetch(`${server.url}/files/index.html`)
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  assert.equal(page.headers.get('cache-control'), 'no-cache')
  const asset = await fetch(`${server.url}/files/assets/a.js`)
  assert.match(asset.headers.get('cache-control') ?? '', /immutable/)
  writeFileSync(join(folder, 'public', 'index.html'), '<p>new')
  const changed = await fetch(`${server.url}/files/index.html`, {
    headers: { 'if-none-match': page.headers.get('etag') ?? '' },
  })
  assert.deepEqual([changed.status, await changed.text()], [200, '<p>new'])
})

const noFiles = [
  '',
  'none',
  'assets',
  'assets/',
  '.hidden',
  'link',
  '..%2fsecret',
  '%2e%2e/secret',
  'index.html/x',
  'a%00b',
]
for (const path of noFiles) {
  test(`no file at /files/${path}`, async () => {
    const socket = connect(server.port, '127.0.0.1')
    socket.write(`GET /files/${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`)
    const [head] = (await once(socket, 'data')) as [Buffer]
    assert.match(head.toString(), /^HTTP\/1\.1 404 /)
    socket.destroy()
  })
}

test('a client that does not read is cut, though it stays connected', async () => {
  const cut = new Promise<void>((resolve) => (onCut = resolve))
  const socket = connect(server.port, '127.0.0.1').pause()
  socket.write('GET /flood HTTP/1.1\r\nhost: x\r\n\r\n')
  await cut
  assert.equal(socket.destroyed, false)
  socket.destroy()
})

test('closing ends open streams at once and refuses what comes after', async () => {
  const streams = new Set<LineStream>()
  const open: Route = {
    method: 'GET',
    path: '/stream',
    handle: () => {
      const stream = new LineStream(() => streams.delete(stream))
      streams.add(stream)
      stream.write('one')
      return stream.response
    },
  }
  const other = await listen({ host: '127.0.0.1', port: 0, routes: [open], onError })
  const response = await fetch(`${other.url}/stream`)
  for (const stream of streams) {
    stream.end()
    stream.write('after the end')
  }
  assert.equal(await response.text(), 'one\n')
  await other.close()
  await assert.rejects(fetch(`${other.url}/stream`))
})

test('a client that leaves ends its stream', async () => {
  let left: () => void = () => {}
  const gone = new Promise<void>((resolve) => (left = resolve))
  const route: Route = {
    method: 'GET',
    path: '/',
    handle: () => {
      const stream = new LineStream(left)
      stream.write('one')
      return stream.response
    },
  }
  const other = await listen({ host: '127.0.0.1', port: 0, routes: [route], onError })
  const abort = new AbortController()
  await fetch(other.url, { signal: abort.signal })
  abort.abort()
  await gone
  await other.close()
})

const refused: readonly (readonly [string, string, () => number, string])[] = [
  ['all addresses', '0.0.0.0', () => 0, 'http/tls-required'],
  ['all IPv6 addresses', '::', () => 0, 'http/tls-required'],
  ['another machine', '192.0.2.1', () => 0, 'http/tls-required'],
  ['a name that only looks local', '127.0.0.1.example.org', () => 0, 'http/tls-required'],
  ['a port in use', '127.0.0.1', () => server.port, 'http/port-in-use'],
]
for (const [name, host, port, code] of refused) {
  test(`does not listen on ${name}: ${code}`, async () => {
    await assert.rejects(listen({ host, port: port(), routes, onError }), { code })
  })
}

test('with a certificate it speaks TLS', async () => {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '1',
      ...subject,
      '-keyout',
      key,
      '-out',
      certificate,
    ],
    { stdio: 'ignore' },
  )
  const tls = { certificate: readFileSync(certificate, 'utf8'), privateKey: readFileSync(key, 'utf8') }
  const secure = await listen({ host: '127.0.0.1', port: 0, routes, onError, tls })
  assert.match(secure.url, /^https:/)
  const sent = httpsRequest(`${secure.url}/empty`, { method: 'POST', ca: tls.certificate }).end()
  const [response] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }]
  response.resume()
  assert.equal(response.statusCode, 204)
  await secure.close()
})
