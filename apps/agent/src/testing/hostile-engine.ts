import { PassThrough } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { verifyImage } from '@firebreak/content'
import { confineEngine, openPipes } from '@firebreak/linux'
import { runEngine } from '../engine/run-engine.ts'
import { HOSTILE_VERSION, LOAD_CRASH_VERSION, ACTIVATION_CRASH_VERSION } from './versions.ts'

/**
 * The real engine, confined as always, that misbehaves on command. A command is an event of `/firebreak-test/COMMAND`; but for
 * `poison` it is obeyed by the hostile version only. For tests; no agent starts this file.
 */
const { input, output } = openPipes()
confineEngine()
const inner = new PassThrough()
const decoder = new FrameDecoder()
let version = ''

function answer(frame: Frame, over: Partial<Frame>): void {
  output.write(encodeFrame({ type: FRAME.ACK, sequence: frame.sequence, ...over }))
}

/** Each returns only if it has said what it wanted to say. */
const COMMANDS: Readonly<Record<string, (frame: Frame) => void>> = {
  poison: () => process.abort(),
  abort: () => process.abort(),
  throw() {
    throw new Error('on command')
  },
  loop() {
    for (;;);
  },
  'heap-bomb'() {
    const kept: unknown[] = []
    for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => ({ i })))
  },
  exit: () => process.exit(0),
  flood(frame) {
    for (let i = 0; i < 100_000; i++) answer(frame, { sequence: i + 1_000_000 })
  },
  oversized: (frame) => answer(frame, { payload: new Uint8Array(3 * 1024 * 1024) }),
  'more-than-asked': (frame) => answer(frame, { aux: frame.count + 1 }),
  'wrong-count': (frame) => answer(frame, { aux: frame.count, count: 5, payload: Buffer.from('{}\n') }),
  'no-line-end': (frame) => answer(frame, { aux: frame.count, count: 1, payload: Buffer.from('{}\n{}') }),
  'unknown-batch': (frame) => answer(frame, { sequence: frame.sequence + 1_000 }),
  'answer-twice'(frame) {
    answer(frame, { aux: frame.count })
    answer(frame, { aux: frame.count })
  },
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
    if (version === LOAD_CRASH_VERSION) process.abort()
  }
  if (frame.type === FRAME.ACTIVATE && version === ACTIVATION_CRASH_VERSION) process.abort()
  const text = frame.type === FRAME.EVENTS ? Buffer.from(frame.payload).toString('latin1') : ''
  const command = /\/firebreak-test\/([a-z-]+)/.exec(text)?.[1] ?? ''
  const misbehave = command === 'poison' || version === HOSTILE_VERSION ? COMMANDS[command] : undefined
  if (misbehave) misbehave(frame)
  else inner.write(encodeFrame(frame))
}

runEngine(inner, output)
input.on('data', (chunk: Uint8Array) => {
  for (const frame of decoder.push(chunk)) onFrame(frame)
})
input.on('end', () => inner.end())
