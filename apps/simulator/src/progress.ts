import { duration, grouped } from './report/table.ts'

const EVERY_MS = 2_000
/** From so many hosts on it takes seconds before the first of them does anything. */
const MANY_HOSTS = 500_000

export interface Progress {
  readonly tell: (nowS: number, ofS: number) => void
  /** Leaves nothing of it on a terminal. */
  readonly end: () => void
}

/** Says on standard error how far a long run is, every two seconds: on a terminal in place, else line by line. */
export function showProgress(hosts: number): Progress {
  const isTerminal = process.stderr.isTTY
  const say = (line: string): void => void process.stderr.write(isTerminal ? `\r\u{1b}[K${line}` : `${line}\n`)
  let toldMs = performance.now()
  if (hosts >= MANY_HOSTS) say(`drawing ${grouped(hosts)} hosts`)
  return {
    tell: (nowS, ofS) => {
      const nowMs = performance.now()
      if (nowMs - toldMs < EVERY_MS) return
      toldMs = nowMs
      say(`simulated ${duration(nowS)} of at most ${duration(ofS)}`)
    },
    end: () => {
      if (isTerminal) process.stderr.write('\r\u{1b}[K')
    },
  }
}
