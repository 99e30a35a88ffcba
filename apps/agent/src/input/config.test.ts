import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FORMAT_NAMES } from '@firebreak/inputs'
import { KernelError } from '@firebreak/kernel'
import { INPUTS_MAX, inputsReader } from './config.ts'

const SIGMA = { name: 'a', format: 'sigma-json', source: { kind: 'stdin' } }
const JOURNAL = { name: 'j', format: 'journald', source: { kind: 'journal' } }
const SUPPLIES = [{ category: 'process_creation', product: 'linux', fields: ['Image'] }]

test('inputs are read, with what they leave out', () => {
  const file = { name: 'f', format: 'eslogger', source: { kind: 'file', path: '/var/log/es.json' }, more: 1 }
  assert.deepEqual(inputsReader([{ ...SIGMA, supplies: SUPPLIES }, JOURNAL, file], 'inputs'), [
    { ...SIGMA, supplies: [{ ...SUPPLIES[0], service: null }] },
    { ...JOURNAL, supplies: [] },
    { name: 'f', format: 'eslogger', source: { kind: 'file', path: '/var/log/es.json' }, supplies: [] },
  ])
  assert.deepEqual(inputsReader([], 'inputs'), [])
})

test('every format can be asked for', () => {
  for (const format of FORMAT_NAMES) {
    inputsReader([{ ...JOURNAL, format, supplies: format === 'sigma-json' ? SUPPLIES : [] }], 'inputs')
  }
})

const wrong: readonly (readonly [what: string, inputs: unknown])[] = [
  ['no list', {}],
  ['too many', Array.from({ length: INPUTS_MAX + 1 }, (_, i) => ({ ...JOURNAL, name: `j${i}` }))],
  ['a name that is a path', [{ ...JOURNAL, name: '../x' }]],
  ['one name twice', [JOURNAL, JOURNAL]],
  ['no such format', [{ ...JOURNAL, format: 'toString' }]],
  ['no such source', [{ ...JOURNAL, source: { kind: 'socket' } }]],
  ['a source without its path', [{ ...JOURNAL, source: { kind: 'file' } }]],
  ['a path from somewhere', [{ ...JOURNAL, source: { kind: 'file', path: 'log' } }]],
  ['stdin twice', [JOURNAL, { ...JOURNAL, name: 'k' }].map((one) => ({ ...one, source: { kind: 'stdin' } }))],
  ['open events that promise nothing', [SIGMA]],
  ['a format that is told what it supplies', [{ ...JOURNAL, supplies: SUPPLIES }]],
  ['fields that are no names', [{ ...SIGMA, supplies: [{ fields: [1] }] }]],
]

test('what is wrong is refused by name', () => {
  for (const [what, inputs] of wrong) {
    assert.throws(
      () => inputsReader(inputs, 'agent.json.inputs'),
      (error) => error instanceof KernelError && error.message.includes('agent.json.inputs'),
      what,
    )
  }
})
