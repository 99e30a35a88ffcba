import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foreignFlags, foreignVariables, foreignWords, tracerOf } from './surroundings.ts'

test('variables and flags that run code are named; those that run none are not', () => {
  const rows: readonly (readonly [Record<string, string>, readonly string[]])[] = [
    [{}, []],
    [{ PATH: '/bin', NODE_NO_WARNINGS: '1', NODE_COMPILE_CACHE: '/x', HOME: '/' }, []],
    [{ NODE_OPTIONS: '' }, ['NODE_OPTIONS']],
    [{ NODE_OPTIONS: '--require=/x', LD_PRELOAD: '/y' }, ['LD_PRELOAD', 'NODE_OPTIONS']],
    [{ NODE_PATH: '/x', NODE_EXTRA_CA_CERTS: '/y', NODE_TLS_REJECT_UNAUTHORIZED: '0' }, ['NODE_EXTRA_CA_CERTS', 'NODE_PATH', 'NODE_TLS_REJECT_UNAUTHORIZED']], // prettier-ignore
    [{ LD_LIBRARY_PATH: '/x', LD_AUDIT: '/y', GCONV_PATH: '/z', SSLKEYLOGFILE: '/k' }, ['GCONV_PATH', 'LD_AUDIT', 'LD_LIBRARY_PATH', 'SSLKEYLOGFILE']], // prettier-ignore
    [{ FIREBREAK_SCRUBBED: 'NODE_OPTIONS LD_PRELOAD' }, ['LD_PRELOAD', 'NODE_OPTIONS']],
    [{ FIREBREAK_SCRUBBED: '' }, []],
    [{ MY_NODE_OPTIONS: 'x', XLD_PRELOAD: 'y' }, []],
  ]
  for (const [env, names] of rows) assert.deepEqual(foreignVariables(env), names, JSON.stringify(env))
  const flags = ['--disable-sigusr1', '--no-warnings', '--inspect=0', '--require', '-r', '--import=x', '--env-file=y']
  assert.deepEqual(foreignFlags(flags), ['--inspect', '--require', '-r', '--import', '--env-file'])
  assert.deepEqual(foreignFlags(['--max-old-space-size=64', '--test']), [])
})

test('what is said of them is one sentence each, and nothing when there is nothing', () => {
  const clean = { env: {}, execArgv: [], preload: '', status: '' }
  assert.deepEqual(foreignWords(clean), [])
  const words = foreignWords({
    ...clean,
    env: { NODE_OPTIONS: 'x' },
    execArgv: ['--inspect'],
    preload: '/lib/evil.so\n',
  })
  assert.equal(words.length, 3)
  assert.match(words.join('\n'), /NODE_OPTIONS.*\n.*--inspect\n\/etc\/ld\.so\.preload/)
})

test('the tracer is read from the status of the process', () => {
  assert.equal(tracerOf('Name:\tnode\nTracerPid:\t0\nUid:\t0\n'), null)
  assert.equal(tracerOf('Name:\tnode\nTracerPid:\t4711\nUid:\t0\n'), 4711)
  assert.equal(tracerOf(''), null)
})
