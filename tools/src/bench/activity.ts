/** The activity of an ordinary host, at a steady pace, until its standard input ends: short programs, and files that are written. */
import { spawn } from 'node:child_process'
import { existsSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const TICK_MS = 20
const TRUE = existsSync('/bin/true') ? '/bin/true' : '/usr/bin/true'
const FILE_BYTES = new Uint8Array(512)

const [folder = '', programsPerSecond = '0', filesPerSecond = '0'] = process.argv.slice(2)
let programsDue = 0
let filesDue = 0
let filesWritten = 0

setInterval(() => {
  programsDue += (Number(programsPerSecond) * TICK_MS) / 1000
  filesDue += (Number(filesPerSecond) * TICK_MS) / 1000
  for (; programsDue >= 1; programsDue--) spawn(TRUE, [], { stdio: 'ignore' })
  for (; filesDue >= 1; filesDue--) {
    const path = join(folder, `${filesWritten++}`)
    writeFileSync(path, FILE_BYTES)
    unlinkSync(path)
  }
}, TICK_MS)
process.stdin.on('end', () => process.exit(0)).resume()
