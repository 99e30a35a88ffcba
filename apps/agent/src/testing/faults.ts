import fs from 'node:fs'
import type { Writable } from 'node:stream'
import { encodeFrame, FRAME, type Frame } from '@firebreak/api'

/** What is left of the batch after the fault: nothing is said any more, or it is judged as if nothing had been. */
export type Aftermath = 'silence' | 'judge'

/** Faults of an engine's own process, each as code that has gone wrong, or content that got hold of it, would have them. */
export function faultsOf(output: Writable): Readonly<Record<string, (frame: Frame) => Aftermath>> {
  const answer = (frame: Frame, over: Partial<Frame>): void => {
    output.write(encodeFrame({ type: FRAME.ACK, sequence: frame.sequence, ...over }))
  }
  return {
    abort: () => process.abort(),
    throw() {
      throw new Error('a planted fault')
    },
    'stack-overflow': () => overflow(1),
    loop() {
      for (;;);
    },
    'heap-exhaustion'() {
      const kept: unknown[] = []
      for (;;) kept.push(Array.from({ length: 100_000 }, (_, i) => ({ i })))
    },
    'native-exhaustion'() {
      const kept: Buffer[] = []
      for (;;) kept.push(Buffer.alloc(1_048_576, 1))
    },
    'fd-exhaustion'() {
      for (let i = 0; i < 1_000; i++) openWhatever()
      return 'judge'
    },
    'reply-flood'(frame) {
      for (let i = 0; i < 100_000; i++) answer(frame, { sequence: i + 1_000_000 })
      return 'silence'
    },
    'partial-reply'(frame) {
      const whole = encodeFrame({ type: FRAME.ACK, sequence: frame.sequence, aux: frame.count })
      output.write(whole.subarray(0, whole.length / 2))
      return 'silence'
    },
    chatter() {
      fs.writeSync(process.stderr.fd, '\u001b[2Jx'.repeat(200_000))
      return 'judge'
    },
    silence: () => 'silence',
    'clock-jump'() {
      const yearMs = 365 * 86_400_000
      const [now, dateNow] = [performance.now.bind(performance), Date.now.bind(Date)]
      Date.now = () => dateNow() - 20 * yearMs
      performance.now = () => now() - yearMs
      return 'judge'
    },
  }
}

function overflow(depth: number): Aftermath {
  return overflow(depth + 1) === 'judge' ? 'silence' : 'judge'
}

function openWhatever(): void {
  try {
    fs.openSync('/dev/null', 'r')
  } catch {
    // what the sandbox is for
  }
}
