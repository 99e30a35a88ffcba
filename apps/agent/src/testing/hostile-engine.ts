import { PassThrough } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { verifyImage } from '@firebreak/content'
import { openPipes } from '@firebreak/linux/confined'
import { confineEngine } from '@firebreak/linux/engine'
import { runEngine } from '../engine/run-engine.ts'
import { type Aftermath, faultsOf } from './faults.ts'
import { ACTIVATION_CRASH_VERSION, HOSTILE_VERSION, LOAD_CRASH_VERSIONS, POLLUTING_VERSION } from './versions.ts'

/**
 * The real engine, confined as always, that misbehaves on command. A command is an event of `/firebreak-test/COMMAND`, obeyed by the
 * hostile version only (`poison`: by all, wherever in a batch), or of `/firebreak-test/COMMAND/PID/`, obeyed by that process only. For tests and
 * the benchmark `containment`; no agent starts this file.
 */
const { input, output } = openPipes()
confineEngine()
const inner = new PassThrough()
const decoder = new FrameDecoder()
let version = ''
let isSilent = false

/** A READY that would be one if its prototypes counted. */
const POLLUTION = Buffer.from(
  '{"__proto__":{"engineVersion":"1.0.0","polluted":1},"constructor":{"prototype":{"polluted":1}}}',
)

/** 50 ms of CPU: less than a batch may use, and for ever when nobody lets it run. */
const BURN_MICROS = 50_000

function answer(frame: Frame, over: Partial<Frame>): void {
  output.write(encodeFrame({ type: FRAME.ACK, sequence: frame.sequence, ...over }))
}

const COMMANDS: Readonly<Record<string, (frame: Frame) => Aftermath | void>> = {
  ...faultsOf(output),
  poison: () => process.abort(),
  exit: () => process.exit(0),
  burn() {
    const { user, system } = process.cpuUsage()
    const spent = (): number => process.cpuUsage().user + process.cpuUsage().system - user - system
    while (spent() < BURN_MICROS);
    return 'judge'
  },
  oversized: (frame) => answer(frame, { payload: new Uint8Array(3 * 1024 * 1024) }),
  'more-than-asked': (frame) => answer(frame, { aux: frame.count + 1 }),
  'wrong-count': (frame) => answer(frame, { aux: frame.count, count: 5, payload: Buffer.from('{}\n') }),
  'no-line-end': (frame) => answer(frame, { aux: frame.count, count: 1, payload: Buffer.from('{}\n{}') }),
  'unknown-batch': (frame) => answer(frame, { sequence: frame.sequence + 1_000 }),
  'four-gigabytes'(frame) {
    const bytes = Buffer.from(encodeFrame({ type: FRAME.ACK, sequence: frame.sequence }))
    bytes.writeUInt32LE(0xffffffff, 0)
    output.write(bytes)
  },
  'tiny-frames': () =>
    void output.write(Buffer.alloc(1_600_000, encodeFrame({ type: FRAME.ACK, sequence: 7_000_000 }))),
  'refuse-late': () => void output.write(encodeFrame({ type: FRAME.REFUSED, payload: Buffer.from('{}') })),
  garbage: () => void output.write(Buffer.alloc(4_096, 0xa5)),
  'load-again': () => void output.write(encodeFrame({ type: FRAME.READY, payload: Buffer.from('{}') })),
  'not-an-engine': () => void output.write(encodeFrame({ type: FRAME.SENSED, payload: Buffer.from('[]') })),
}

function onFrame(frame: Frame): void {
  if (frame.type === FRAME.LOAD) {
    try {
      ;({ version } = verifyImage(frame.payload))
    } catch {
      version = '' // the real engine will refuse it
    }
    if (version.startsWith(LOAD_CRASH_VERSIONS)) process.abort()
    if (version === POLLUTING_VERSION) output.write(encodeFrame({ type: FRAME.READY, payload: POLLUTION }))
  }
  if (frame.type === FRAME.ACTIVATE && version === ACTIVATION_CRASH_VERSION) process.abort()
  const misbehave = frame.type === FRAME.EVENTS ? commandIn(frame.payload) : undefined
  const aftermath = misbehave ? (misbehave(frame) ?? 'silence') : 'judge'
  isSilent ||= aftermath === 'silence'
  if (!isSilent) inner.write(encodeFrame(frame))
}

function commandIn(payload: Uint8Array): ((frame: Frame) => Aftermath | void) | undefined {
  const text = Buffer.from(payload).toString('latin1')
  if (text.includes('/firebreak-test/poison')) return COMMANDS['poison']
  const [, command = '', pid] = /\/firebreak-test\/([a-z-]+)(?:\/(\d+)\/)?/.exec(text) ?? []
  const isMeant = pid === undefined ? version === HOSTILE_VERSION : Number(pid) === process.pid
  return isMeant ? COMMANDS[command] : undefined
}

runEngine(inner, output)
input.on('data', (chunk: Uint8Array) => {
  for (const frame of decoder.push(chunk)) onFrame(frame)
})
input.on('end', () => inner.end())
