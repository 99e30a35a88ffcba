import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { rollingFleet } from './fixture/fleet.ts'
import { backoffMs, openFleetFeed } from './fleet-feed.ts'
import { type FleetState, INITIAL_FLEET, reduceFleet } from './fleet-state.ts'

const STATUS = rollingFleet(1_800_000_000_000)

type Answer = (request: IncomingMessage, response: ServerResponse) => void

async function serve(context: TestContext, answer: Answer): Promise<string> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Follows `origin` until the state satisfies `until` or the token is refused. */
async function follow(
  origin: string,
  until: (state: FleetState, lost: readonly string[]) => boolean,
): Promise<{
  readonly state: FleetState
  readonly lost: readonly string[]
  readonly unauthorised: boolean
}> {
  let state = INITIAL_FLEET
  const lost: string[] = []
  const unauthorised = await new Promise<boolean>((resolve) => {
    const feed = openFleetFeed({
      origin,
      token: 'secret',
      retryDelayMs: () => 0,
      onUnauthorised: () => resolve(true),
      dispatch: (event) => {
        state = reduceFleet(state, event)
        if (event.kind === 'lost') lost.push(event.reason)
        if (!until(state, lost)) return
        feed.close()
        resolve(false)
      },
    })
  })
  return { state, lost, unauthorised }
}

function answerStatus(response: ServerResponse): void {
  response.end(JSON.stringify(STATUS))
}

test('status first, then the stream, however its bytes are cut', async (context) => {
  const line = Buffer.from(`\n${JSON.stringify({ kind: 'status', status: { ...STATUS, rings: [], note: '主机' } })}\n`)
  const paths: string[] = []
  const origin = await serve(context, (request, response) => {
    paths.push(`${request.url} ${request.headers.authorization}`)
    if (request.url === '/v1/status') return answerStatus(response)
    const middle = line.indexOf('机') + 1
    response.write(line.subarray(0, middle), () => response.write(line.subarray(middle)))
  })
  const { state, lost } = await follow(origin, (now) => now.status?.rings.length === 0)
  assert.deepEqual(paths, ['/v1/status Bearer secret', '/v1/stream Bearer secret'])
  assert.equal(state.connection.kind, 'live')
  assert.deepEqual(lost, [])
  assert.ok(JSON.stringify(state.status).includes('主机'))
})

test('a refused token ends the session, on the status and on the stream', async (context) => {
  for (const [refused, code] of [
    ['/v1/status', 401],
    ['/v1/stream', 401],
    ['/v1/stream', 403],
  ] as const) {
    const origin = await serve(context, (request, response) => {
      if (request.url === refused) response.writeHead(code).end()
      else answerStatus(response)
    })
    const { unauthorised, lost } = await follow(origin, () => false)
    assert.equal(unauthorised, true)
    assert.deepEqual(lost, [], `${refused} ${code}`)
  }
})

test('every way to lose the server has a sentence and is followed by a new attempt', async (context) => {
  const breakages: readonly (readonly [string, (response: ServerResponse) => void])[] = [
    ['The server answered 503.', (response) => response.writeHead(503).end()],
    ['The server closed the connection.', (response) => response.end()],
    ['The server sent something unreadable.', (response) => response.end('{oops}\n')],
    ['The server cannot be reached.', (response) => response.destroy()],
  ]
  let streams = 0
  const origin = await serve(context, (request, response) => {
    if (request.url === '/v1/status') return answerStatus(response)
    const breakage = breakages[streams++]
    if (breakage) breakage[1](response)
    else response.flushHeaders()
  })
  const { lost } = await follow(
    origin,
    (state, lost) => lost.length === breakages.length && state.connection.kind === 'live',
  )
  assert.deepEqual(
    lost,
    breakages.map(([reason]) => reason),
  )
})

test('waits grow to a limit and spread over a quarter', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 6, 1_000].map((attempt) => backoffMs(attempt, 1)),
    [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000],
  )
  assert.equal(backoffMs(1, 0), 375)
})
