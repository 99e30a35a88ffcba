import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ColumnSource, CorrelationRecord } from '../correlation/index.ts'
import { readCorrelations } from './read-correlations.ts'

const STRINGS = ['inner', 'outer', '{}', 'who', 'User', 'Image', 'attack.t1110']
const string = (text: string): number => STRINGS.indexOf(text)
const field = (name: string): ColumnSource => ({ kind: 'field', number: string(name) })
const column = (number: number): ColumnSource => ({ kind: 'column', number })

const COMMON = { level: 'low', generate: false, timespanSeconds: 60, percentile: null, comparisons: [] } as const

/** Two rules, of which the second says Image where the first says User; and over both, and a third rule, another. */
const RECORDS: readonly CorrelationRecord[] = [
  {
    ...COMMON,
    id: string('inner'),
    title: string('inner'),
    custom: null,
    type: 'event_count',
    tags: [],
    columns: ['who', 'User', 'Image'].map(string),
    groupColumns: 3,
    valueColumns: 0,
    references: [
      { kind: 'rule', number: 7, sources: [field('User'), field('User'), field('Image')] },
      { kind: 'rule', number: 8, sources: [field('Image'), field('Image'), field('Image')] },
    ],
  },
  {
    ...COMMON,
    id: string('outer'),
    title: string('outer'),
    custom: string('{}'),
    type: 'value_count',
    tags: [string('attack.t1110')],
    columns: ['who', 'User', 'Image'].map(string),
    groupColumns: 1,
    valueColumns: 1,
    references: [
      { kind: 'correlation', number: 0, sources: [column(0), column(1), column(2)] },
      { kind: 'rule', number: 9, sources: [field('who'), field('User'), field('Image')] },
    ],
  },
]

test('an alias comes back where a column says more than its name, or only other correlations read it', () => {
  const text = (number: number): string => STRINGS[number] ?? ''
  const read = readCorrelations(RECORDS, text, text, (rule) => `rule ${rule}`)
  assert.deepEqual(read, [
    {
      ...COMMON,
      id: 'inner',
      title: 'inner',
      custom: null,
      type: 'event_count',
      tags: [],
      rules: ['rule 7', 'rule 8'],
      groupBy: ['who', 'User', 'Image'],
      fields: [],
      aliases: [
        { name: 'who', fields: ['User', 'Image'] },
        { name: 'User', fields: [null, 'Image'] },
      ],
    },
    {
      ...COMMON,
      id: 'outer',
      title: 'outer',
      custom: '{}',
      type: 'value_count',
      tags: ['attack.t1110'],
      rules: ['inner', 'rule 9'],
      groupBy: ['who'],
      fields: ['User'],
      aliases: [{ name: 'Image', fields: [null, null] }],
    },
  ])
})
