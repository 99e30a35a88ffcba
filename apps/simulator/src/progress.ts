import { duration } from './report/table.ts'

const EVERY_MS = 2_000

/** Says on standard error how far a long run is, every two seconds: on a terminal in place, else line by line. */
export function progressLine(): (nowS: number, ofS: number) => void {
  let toldMs = performance.now()
  return (nowS, ofS) => {
    const nowMs = performance.now()
    if (nowMs - toldMs < EVERY_MS) return
    toldMs = nowMs
    const line = `simulated ${duration(nowS)} of at most ${duration(ofS)}`
    process.stderr.write(process.stderr.isTTY ? `\r\u{1b}[K${line}` : `${line}\n`)
  }
}
