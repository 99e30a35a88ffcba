import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRegex, ContentError } from '@firebreak/content'
import { createRegexMachine } from './regex-machine.ts'

const PLAIN = { ignoreCase: false, multiline: false, dotAll: false }

test('the machine reads texts as it reads their bytes', () => {
  const machine = createRegexMachine(compileRegex('^é.$', PLAIN))
  for (const text of ['é\u{1f600}', 'é\ud83d', 'éa']) assert.ok(machine.matches(text), text)
  for (const text of ['', 'é', 'e\u{1f600}', 'éab']) assert.ok(!machine.matches(text), text)
})

test('a program that the verifier refuses makes no machine', () => {
  assert.throws(
    () => createRegexMachine(Uint32Array.of(0xffffffff)),
    (error) => error instanceof ContentError && error.code === 'content/image-regex',
  )
})
