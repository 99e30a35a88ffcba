/** Starts one confined engine (the entry given) and prints its pid and its first line; for tests of a whole tree. */
import process from 'node:process'
import { createInterface } from 'node:readline'
import { spawnConfined } from '../spawn.ts'

const [entry = '', readFolder = '', hold = ''] = process.argv.slice(2)
const engine = spawnConfined({
  profile: 'engine',
  entry,
  args: [],
  readFolders: [readFolder],
  writeFolders: [],
  connectPorts: [],
  memoryBytesMax: 1024 * 1024 * 1024, // the hostile engine has a second thread with a V8
})
createInterface({ input: engine.output }).once('line', (line) => {
  process.stdout.write(`${line}\n`)
  if (hold === '') engine.input.end()
})
