import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import { byteText } from './byte-text.ts'
import { joinArguments, parseIds, parseStat, readProcess } from './proc-files.ts'

const REST = '1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 777 18'
const STATS: readonly (readonly [string, string, object | null])[] = [
  ['an ordinary one', `12 (sh) S 3 ${REST}`, { name: 'sh', parentPid: 3, startTicks: 777 }],
  ['a name that imitates the end', `12 (a) R 1 2) S 3 ${REST}`, { name: 'a) R 1 2', parentPid: 3, startTicks: 777 }],
  ['a name with a line end', `12 (a\nb) S 3 ${REST}`, { name: 'a\nb', parentPid: 3, startTicks: 777 }],
  ['an empty name', `12 () S 3 ${REST}`, { name: '', parentPid: 3, startTicks: 777 }],
  ['a cut one', '12 (sh) S 3 1 2', null],
  ['no name', '12 sh S 3', null],
  ['brackets the wrong way round', `12 )sh( S 3 ${REST}`, null],
  ['nothing', '', null],
]

for (const [name, text, expected] of STATS)
  test(`stat: ${name}`, () => assert.deepEqual(parseStat(byteText(text)), expected))

const COMMAND_LINES: readonly (readonly [string, string, string | null])[] = [
  ['arguments', 'ls\0-l\0', 'ls -l'],
  ['an empty argument stays', 'a\0\0b\0', 'a  b'],
  ['only an empty argument', '\0', ''],
  ['a title written over it, without an end', 'nginx: worker', 'nginx: worker'],
  ['a long one is cut', 'x'.repeat(5000), 'x'.repeat(4095)],
  ['none', '', null],
]

for (const [name, text, expected] of COMMAND_LINES) {
  test(`command line: ${name}`, () => assert.equal(joinArguments(byteText(text)), expected))
}

test('ids: the real ones, or null', () => {
  assert.deepEqual(parseIds('Name:\tx\nUid:\t10\t0\t0\t0\nGid:\t20\t0\t0\t0\n'), { uid: 10, gid: 20 })
  assert.deepEqual(parseIds('Name:\tUid: 5\n'), { uid: null, gid: null })
})

test('reads this process', () => {
  const self = readProcess(process.pid)
  assert.equal(self?.parentPid, process.ppid)
  assert.equal(self?.uid, process.getuid?.())
  assert.equal(self?.program.image, process.execPath)
  assert.equal(self?.program.currentDirectory, process.cwd())
})

test('there is no process 0', () => assert.equal(readProcess(0), null))
