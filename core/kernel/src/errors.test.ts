import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assert as assertOurs, errorCode, errorMessage, FirebreakError, KernelError, unreachable } from './errors.ts'

class SampleError extends FirebreakError<'sample/full'> {}

test('an error carries its code, its class, its details and its cause', () => {
  const cause = new Error('told by the kernel')
  const error = new SampleError('sample/full', 'Cannot write x: full', { free: 0 }, cause)
  assert.ok(error instanceof FirebreakError && error instanceof Error)
  assert.deepEqual(
    [error.name, error.code, error.details, error.cause],
    ['SampleError', 'sample/full', { free: 0 }, cause],
  )
  assert.match(error.stack ?? '', /errors\.test\.ts/)
})

test('an error without cause has none', () => {
  assert.equal('cause' in new SampleError('sample/full', 'Cannot write x: full'), false)
})

test('a bug stops', () => {
  assertOurs(true, 'never said')
  assert.throws(() => assertOurs(false, 'a slot is lost'), { code: 'kernel/bug', message: 'Bug: a slot is lost' })
  assert.throws(() => unreachable('new member' as never), { code: 'kernel/bug', message: 'Bug: unexpected new member' })
})

const thrown: readonly [name: string, value: unknown, code: string, message: string][] = [
  ['ours', new KernelError('kernel/malformed', 'Cannot read x: y'), 'kernel/malformed', 'Cannot read x: y'],
  ['a TypeError', new TypeError('x is undefined'), 'bug/TypeError', 'x is undefined'],
  ['a text', 'stop', 'bug/string', 'stop'],
  ['undefined', undefined, 'bug/undefined', 'undefined'],
  ['null', null, 'bug/object', 'null'],
  ['something that only looks like ours', { code: 'kernel/bug' }, 'bug/object', '[object Object]'],
]
for (const [name, value, code, message] of thrown) {
  test(`reported: ${name}`, () => assert.deepEqual([errorCode(value), errorMessage(value)], [code, message]))
}
