import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { PassThrough } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { jsonBytes } from '@firebreak/kernel'
import { confineEngine, openPipes } from '@firebreak/linux'
import { loadYara } from '@firebreak/yara'
import { runLane } from '../run-lane.ts'

/** The real lane, confined as always, that misbehaves on command: a file `command:NAME`. For tests. */
loadYara()
const { input, output } = openPipes()
confineEngine()
const inner = new PassThrough()
runLane(inner, output)
const decoder = new FrameDecoder()

function answer(frame: Frame, rules: readonly string[], sequence = frame.sequence): void {
  const matches = rules.map((rule) => ({ rule, namespace: '', tags: [], patterns: [] }))
  const payload = jsonBytes({ outcome: 'scanned', matches, dropped: 0 })
  output.write(encodeFrame({ type: FRAME.YARA_VERDICT, sequence, payload }))
}

/** What each forbidden thing gets. */
async function probe(): Promise<readonly string[]> {
  const refused = (name: string, act: () => unknown) =>
    Promise.resolve()
      .then(act)
      .then(
        () => `${name} allowed`,
        (error: unknown) => `${name} ${(error as NodeJS.ErrnoException).code}`,
      )
  return Promise.all([
    refused('open', () => readFileSync('/etc/passwd')),
    refused('open own code', () => readFileSync(import.meta.filename)),
    refused('socket', () => settled(createConnection(1, '127.0.0.1'), 'connect')),
    refused('child', () => settled(spawn('/bin/true'), 'exit')),
  ])
}

function settled(
  emitter: { once(event: string, listener: (value: unknown) => void): unknown },
  good: string,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    emitter.once(good, resolve)
    emitter.once('error', reject)
  })
}

const COMMANDS: Readonly<Record<string, (frame: Frame) => void>> = {
  abort: () => process.abort(),
  exit: () => process.exit(0),
  loop() {
    for (;;);
  },
  flood(frame) {
    for (let i = 0; i < 10_000; i++) answer(frame, ['flood'])
  },
  'wrong-sequence': (frame) => answer(frame, [], frame.sequence + 1),
  'wrong-shape': (frame) =>
    void output.write(
      encodeFrame({ type: FRAME.YARA_VERDICT, sequence: frame.sequence, payload: jsonBytes({ outcome: 'fine' }) }),
    ),
  'too-many-matches': (frame) =>
    answer(
      frame,
      Array.from({ length: 1_000 }, () => 'many'),
    ),
  oversized: (frame) =>
    void output.write(
      encodeFrame({ type: FRAME.YARA_VERDICT, sequence: frame.sequence, payload: new Uint8Array(2_000_000) }),
    ),
  'not-a-lane': (frame) => void output.write(encodeFrame({ type: FRAME.ACK, sequence: frame.sequence })),
  garbage: () => void output.write(Buffer.alloc(4_096, 0xa5)),
  probe: (frame) => void probe().then((lines) => answer(frame, lines)),
}

input.on('data', (chunk: Uint8Array) => {
  for (const frame of decoder.push(chunk)) {
    const text = frame.type === FRAME.YARA_FILE ? Buffer.from(frame.payload).toString('latin1') : ''
    const command = COMMANDS[/^command:([a-z-]+)/.exec(text)?.[1] ?? '']
    if (command) command(frame)
    else inner.write(encodeFrame(frame))
  }
})
input.on('end', () => inner.end())
