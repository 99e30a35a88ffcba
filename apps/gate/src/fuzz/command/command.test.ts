import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { type FuzzCommand, readOptions } from './options.ts'
import { dictionaryTexts } from './seed-files.ts'

const folder = await mkdtemp(join(tmpdir(), 'firebreak-fuzz-command-'))
after(() => rm(folder, { recursive: true, force: true }))

function fuzz(...args: readonly string[]): {
  readonly code: number | null
  readonly out: string
  readonly err: string
} {
  const main = join(import.meta.dirname, 'main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

void describe('arguments', () => {
  const good: readonly (readonly [string, Partial<FuzzCommand>])[] = [
    ['', { kind: 'list', json: false }],
    ['--json', { kind: 'list', json: true }],
    ['image --executions 5 --seed 9 --out o', { kind: 'target', target: 'image', executions: 5, seed: 9, out: 'o' }],
    [
      '--js a/b.ts#parse --expected A --expected B --text',
      { kind: 'js', module: 'a/b.ts', exported: 'parse', expected: ['A', 'B'], text: true },
    ],
    [
      '--ok-exit 0,3 -- prog --json @@',
      { kind: 'command', command: ['prog', '--json', '@@'], okExits: [0, 3], json: false },
    ],
  ]
  for (const [line, expected] of good) {
    void test(`are read: ${line}`, () => {
      const read = readOptions(line.split(' ').filter((one) => one !== ''))
      assert.deepEqual({ ...read, ...expected }, read)
    })
  }

  const bad = [
    'nosuch',
    'image beacon',
    'image --executions -1',
    'image --executions x',
    '--js a.ts',
    '--js a.ts#',
    '--',
    'image -- prog',
    '--nonsense',
    '--ok-exit a -- p',
  ]
  for (const line of bad) {
    void test(`are refused: ${line}`, () => assert.throws(() => readOptions(line.split(' ')), { code: 'fuzz/usage' }))
  }
})

void test('dictionaries are read as AFL writes them', () => {
  assert.deepEqual(dictionaryTexts('# c\nkw="abc"\n"\\x00\\"q"\nlevel@2="z"\nbroken="\n'), ['abc', '\0"q', 'z'])
})

void test('without arguments it says what there is; wrong ones are exit code 2', () => {
  const list = fuzz('--json')
  assert.equal(list.code, 0)
  assert.match(list.out, /"target":"image"/)
  const wrong = fuzz('nosuch')
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /expected a target: .*not nosuch\nUsage:/)
})

void test('a parser of ours, of which nothing is found', () => {
  const { code, out } = fuzz('condition', '--executions', '300', '--json')
  assert.equal(code, 0, out)
  const told = JSON.parse(out.trim().split('\n').at(-1) ?? '') as {
    executions: number
    accepted: number
    blocks: number
  }
  assert.ok(told.executions >= 300 && told.accepted > 0 && told.blocks > 50)
})

const PARSER = `
export class ParseError extends Error {}
export function parse(bytes: Uint8Array): number {
  if (bytes[0] !== 0x46 || bytes[1] !== 0x42) throw new ParseError('magic')
  return bytes[2] === 9 ? (undefined as unknown as number[]).length : (bytes[3] as number)
}
`

void test('a function of a module: what it throws unexpectedly is found, made small, written down', async () => {
  const module = join(folder, 'parser.ts')
  const out = join(folder, 'out')
  await writeFile(module, PARSER)
  const found = fuzz('--js', `${module}#parse`, '--expected', 'ParseError', '--executions', '20000', '--out', out)
  assert.equal(found.code, 4, found.out + found.err)
  assert.match(found.out, /1 found; .*\n +undeclared-error at parse:\d+: TypeError/)
  const [file = ''] = await readdir(out)
  assert.deepEqual([...(await readFile(join(out, file)))].slice(0, 3), [0x46, 0x42, 9])
  const strict = fuzz('--js', `${module}#parse`, '--expected', 'ParseError', '--executions', '500', '--strict-index')
  assert.match(strict.out, /trap.*reads a byte that is not there/)
  const none = fuzz('--js', `${module}#nothing`)
  assert.equal(none.code, 1, none.out)
})

void test('a program: by signal, by exit code, over standard input and a file', () => {
  const program = (script: string, ...more: readonly string[]): ReturnType<typeof fuzz> =>
    fuzz('--executions', '40', ...more, '--', 'sh', '-c', script, 'sh', '@@')
  const good = program('exit 1')
  assert.deepEqual([good.code, good.err], [0, ''])
  assert.match(program('kill -SEGV $$').out, /crash:SIGSEGV/)
  assert.match(program('exit 7').out, /exit:7/)
  assert.equal(program('exit 7', '--ok-exit', '0,7').code, 0)
  assert.match(program('test -s "$1" && exit 9; exit 0').out, /exit:9/)
  const byInput = fuzz('--executions', '40', '--', 'sh', '-c', 'test -n "$(cat)" && exit 9; exit 0')
  assert.match(byInput.out, /exit:9/)
  assert.equal(fuzz('--', '/no/such/program').code, 2)
})
