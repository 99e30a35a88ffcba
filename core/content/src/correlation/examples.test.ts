import assert from 'node:assert/strict'
import { test } from 'node:test'
import { body, type Fields, parsed } from './correlation-fixture.ts'
import type { Correlation } from './index.ts'

/** The examples of the specification, as far as they are whole documents, with the part that says what they mean. */
const EXAMPLES: readonly (readonly [name: string, document: Fields, meaning: Partial<Correlation>])[] = [
  [
    'event_count',
    {
      title: 'Many failed logins',
      id: '0e95725d-7320-415d-80f7-004da920fc11',
      correlation: {
        type: 'event_count',
        rules: ['5638f7c0-ac70-491d-8465-2a65075e0d86'],
        'group-by': ['ComputerName'],
        timespan: '1h',
        condition: { gte: 100 },
      },
    },
    { timespanSeconds: 3_600, comparisons: [{ operator: 'gte', threshold: 100 }], groupBy: ['ComputerName'] },
  ],
  [
    'value_count',
    {
      title: 'Failed login',
      id: '0e95725d-7320-415d-80f7-004da920fc12',
      correlation: {
        type: 'value_count',
        rules: ['5638f7c0-ac70-491d-8465-2a65075e0d86'],
        'group-by': ['ComputerName', 'WorkstationName'],
        timespan: '1d',
        condition: { field: 'User', gte: 100 },
      },
    },
    { timespanSeconds: 86_400, fields: ['User'], groupBy: ['ComputerName', 'WorkstationName'] },
  ],
  [
    'temporal',
    {
      title: 'Recon',
      correlation: {
        type: 'temporal',
        rules: ['recon_cmd_a', 'recon_cmd_b', 'recon_cmd_c'],
        'group-by': ['ComputerName', 'User'],
        timespan: '5m',
      },
    },
    // No condition: all three.
    { id: 'Recon', timespanSeconds: 300, comparisons: [{ operator: 'gte', threshold: 3 }], fields: [] },
  ],
  [
    'value_sum',
    {
      title: 'Possible Exfiltration to Website',
      correlation: {
        type: 'value_sum',
        rules: ['website_access'],
        'group-by': ['SourceIP', 'User'],
        timespan: '1h',
        condition: { field: 'bytes_sent', gt: 1_000_000 },
      },
    },
    { fields: ['bytes_sent'], comparisons: [{ operator: 'gt', threshold: 1_000_000 }] },
  ],
  [
    'value_avg',
    {
      title: 'Suspicious average network traffic',
      correlation: {
        type: 'value_avg',
        rules: ['website_access'],
        'group-by': ['SourceIP', 'User'],
        timespan: '24h',
        condition: { field: 'BytesOut', gt: 500 },
      },
    },
    { timespanSeconds: 86_400, fields: ['BytesOut'] },
  ],
  [
    'a range, "101 to 200"',
    { title: 'range', correlation: { ...body({ condition: { lte: 200, gt: 100 } }) } },
    {
      comparisons: [
        { operator: 'gt', threshold: 100 },
        { operator: 'lte', threshold: 200 },
      ],
    },
  ],
  [
    'aliases',
    {
      title: 'aliases',
      correlation: {
        type: 'temporal',
        rules: ['internal_error', 'new_network_connection'],
        'group-by': ['internal_ip', 'remote_ip'],
        timespan: '10s',
        aliases: {
          internal_ip: { internal_error: 'destination.ip', new_network_connection: 'source.ip' },
          remote_ip: { internal_error: 'source.ip', new_network_connection: 'destination.ip' },
        },
      },
    },
    {
      timespanSeconds: 10,
      aliases: [
        { name: 'internal_ip', fields: ['destination.ip', 'source.ip'] },
        { name: 'remote_ip', fields: ['source.ip', 'destination.ip'] },
      ],
    },
  ],
]

for (const [name, document, meaning] of EXAMPLES) {
  test(`reads the specification's example of ${name}`, () => {
    const { correlations, diagnostics } = parsed([document])
    assert.deepEqual(diagnostics, [])
    const [correlation] = correlations
    assert.ok(correlation)
    for (const [key, value] of Object.entries(meaning)) {
      assert.deepEqual(correlation[key as keyof Correlation], value)
    }
  })
}

test('chains the failed logins of the specification to the successful one, inner before outer', () => {
  const outer = {
    title: 'Correlation - Multiple Failed Logins Followed by Successful Login',
    id: 'B180EAD8-d58f-40b2-ae54-c8940995b9b6',
    status: 'experimental',
    description: 'Detects multiple failed logins by a single user followed by a successful login of that user',
    references: ['https://reference.com'],
    author: 'Florian Roth (Nextron Systems)',
    date: '2023-06-16',
    correlation: {
      type: 'temporal_ordered',
      rules: ['multiple_failed_login', 'successful_login'],
      'group-by': ['User'],
      timespan: '10m',
    },
    falsepositives: ['Unlikely'],
    level: 'high',
    'x-ticket': 7,
  }
  const inner = {
    title: 'Multiple failed logons',
    id: 'a8418a5a-5fc4-46b5-b23b-6c73beb19d41',
    name: 'multiple_failed_login',
    correlation: {
      type: 'event_count',
      rules: ['failed_login'],
      'group-by': ['User'],
      timespan: '10m',
      condition: { gte: 10 },
    },
  }
  const { correlations, diagnostics } = parsed([outer, inner])
  assert.deepEqual(diagnostics, [])
  assert.deepEqual(
    correlations.map(({ id, level, custom, rules }) => ({ id, level, custom, rules })),
    [
      { id: inner.id, level: 'informational', custom: null, rules: ['53ba33fd-3a50-4468-a5ef-c583635cfa92'] },
      {
        id: outer.id.toLowerCase(),
        level: 'high',
        custom: '{"x-ticket":7}',
        rules: [inner.id, '4d0a2c83-c62c-4ed4-b475-c7e23a9269b8'],
      },
    ],
  )
})
