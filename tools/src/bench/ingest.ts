import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Enrolled } from '@firebreak/api'
import { hostBeacon, TestServer } from '../../../apps/server/src/server.fixture.ts'
import { cpuMsOfProcess, type Figures, firstLine, median, progress, rounded } from './measure.ts'

/** Each host has one connection and waits for its answer: as many beacons are under way as there are hosts. */
const HOSTS = 512
const ROUNDS = 3
const WARM_UP_MS = 2_000
const ROUND_MS = 4_000
const SERVER = fileURLToPath(new URL('../../../apps/server/src/main.ts', import.meta.url))
const DRAIN = fileURLToPath(new URL('./drain-server.ts', import.meta.url))
const MICROS_PER_SECOND = 1_000_000

interface Side {
  readonly url: URL
  readonly pid: number
  readonly child: ChildProcess
  readonly microsPerBeacon: number[]
}

/**
 * Beacons that the real server process has made durable and acknowledged, per second of its CPU; and the same requests to
 * a server that only reads and answers, in turns in the same run. Loopback, no TLS: connections are not what is measured.
 */
export async function ingest(): Promise<Figures> {
  const fixture = new TestServer()
  const sides: Side[] = []
  try {
    await fixture.init()
    const server = await start([SERVER, '--data', fixture.data, '--end-with-parent'])
    sides.push(server)
    const drain = await start([DRAIN])
    sides.push(drain)
    fixture.url = server.url.origin
    progress(`${HOSTS} hosts enrol`)
    const hosts: Enrolled[] = []
    for (let i = 0; i < HOSTS; i++) hosts.push(await fixture.enrol('broad'))
    const fleet = hosts.map(({ token }) => new BeaconSource(token))
    let perSecond = 0
    for (let round = 0; round <= ROUNDS; round++) {
      const own = await measure(server, fleet, round === 0)
      await measure(drain, fleet, round === 0)
      if (round > 0) perSecond = Math.max(perSecond, own)
    }
    return figures(server, drain, perSecond)
  } finally {
    for (const { child } of sides) {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    await fixture.remove()
  }
}

function figures(server: Side, drain: Side, perSecond: number): Figures {
  const [own, peer] = [median(server.microsPerBeacon), median(drain.microsPerBeacon)]
  return {
    hosts: HOSTS,
    rounds: ROUNDS,
    acknowledgedPerCpuSecond: rounded(MICROS_PER_SECOND / own),
    cpuMicrosPerBeacon: rounded(own),
    acknowledgedPerSecondMax: rounded(perSecond),
    peer: {
      name: 'node:http that reads the body and answers 204',
      perCpuSecond: rounded(MICROS_PER_SECOND / peer),
      cpuMicrosPerRequest: rounded(peer),
    },
    cpuOverPeer: rounded(own / peer),
  }
}

async function start(args: readonly string[]): Promise<Side> {
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const { url, pid } = (await firstLine(child)) as { readonly url: string; readonly pid: number }
  return { url: new URL(url), pid, child, microsPerBeacon: [] }
}

/** @returns acknowledged beacons per second of wall time */
async function measure(side: Side, fleet: readonly BeaconSource[], warmUp: boolean): Promise<number> {
  const port = Number(side.url.port)
  await Promise.all(fleet.map((source) => source.open(port)))
  const acknowledged = (): number => fleet.reduce((sum, source) => sum + source.acknowledged, 0)
  const [countBefore, cpuBefore, startMs] = [acknowledged(), cpuMsOfProcess(side.pid), performance.now()]
  await setTimeout(warmUp ? WARM_UP_MS : ROUND_MS)
  const count = acknowledged() - countBefore
  const cpuMs = cpuMsOfProcess(side.pid) - cpuBefore
  const seconds = (performance.now() - startMs) / 1000
  for (const source of fleet) source.close()
  if (count === 0) throw new Error(`${side.url.href} acknowledged nothing`)
  if (!warmUp) side.microsPerBeacon.push((cpuMs * 1000) / count)
  progress(`${side.url.host}: ${count} in ${seconds.toFixed(1)} s, ${((cpuMs * 1000) / count).toFixed(1)} µs each`)
  return count / seconds
}

/** One host: sends a beacon, waits for its 204, sends the next. Writes HTTP by hand, to leave the CPU to the server. */
class BeaconSource {
  readonly #token: string
  #socket: Socket | null = null
  #sequence = 0
  #received = ''
  acknowledged = 0

  constructor(token: string) {
    this.#token = token
  }

  async open(port: number): Promise<void> {
    const socket = connect(port, '127.0.0.1')
    this.#socket = socket
    this.#received = ''
    await once(socket, 'connect')
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.#onData(text))
    socket.on('error', () => {}) // a reset while it is being closed
    this.#send()
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  #onData(text: string): void {
    this.#received += text
    if (!this.#received.endsWith('\r\n\r\n')) return
    if (!this.#received.startsWith('HTTP/1.1 204'))
      throw new Error(`Cannot measure: ${this.#received.split('\r\n', 1)[0]}`)
    this.#received = ''
    this.acknowledged++
    this.#send()
  }

  #send(): void {
    const body = JSON.stringify(hostBeacon(++this.#sequence))
    const head = `POST /v1/beacons HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${this.#token}`
    this.#socket?.write(`${head}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  }
}
