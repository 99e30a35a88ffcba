import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCli, temporaryFolder } from '../cli.fixture.ts'
import { type AgentStatusFile, statusLines } from './agent-status.ts'

const OLD: AgentStatusFile = {
  host: null,
  planGeneration: 0,
  sensor: null,
  report: { beacon: { running: null, events: 0, detections: 0, eventsDropped: 0, engineRestarts: 0 } },
}
const STANDING: NonNullable<AgentStatusFile['standing']> = {
  customer: { name: 'acme', generation: 3, fault: '', ring: '', takes: 'never', staleness: 'fresh' },
  customerRing: 'front',
  keeps: { reason: 'paused', untilMs: null, rule: 'rule 1 of acme 3' },
  enrolment: null,
}
const ENROLMENT = { imageDigest: 'ab'.repeat(32), wave: 2, arm: 'control', isAcknowledged: false, atMs: 0 }
const beacon = (over: Partial<AgentStatusFile['report']['beacon']>): Partial<AgentStatusFile> => {
  return { report: { beacon: { ...OLD.report.beacon, ...over } } }
}

test('the status of an agent: what runs, what was lost, and what a person can do', () => {
  const rows: readonly (readonly [Partial<AgentStatusFile>, RegExp])[] = [
    [{}, /^agent: {6}running, process 7, not enrolled\nsensor: {5}starting\ncontent: {4}none\n/],
    [{ host: 'h-1' }, /process 7, host h-1$/m],
    [
      { report: { ...OLD.report, slots: { safe: { sinceMs: 0 } } } },
      /^mode: {7}safe since 1970-.*\n.*firebreak agent resume --data \/d$/m,
    ],
    [{ standing: STANDING }, /^policy: {5}3 of acme, ring front, takes releases never\nwaits: {6}paused \(rule 1 of acme 3\)$/m], // prettier-ignore
    [
      { standing: { ...STANDING, customer: { ...STANDING.customer, fault: 'rollout/policy-older', ring: 'early', staleness: 'over' } } }, // prettier-ignore
      /follows ring early of the plan, takes releases never, staleness budget used up\n {12}rollout\/policy-older: this one stays in force$/m, // prettier-ignore
    ],
    [
      { standing: { ...STANDING, keeps: { reason: 'delayed', untilMs: 0, rule: '' }, enrolment: ENROLMENT } },
      /^waits: {6}delayed until 1970-01-01T00:00:00.000Z\nwave: {7}2 of abababababab, control arm, since 1970-\S+, not acknowledged yet/m, // prettier-ignore
    ],
    [beacon({ eventsDropped: 3, drops: { kernel: 0, sensor: 2, backlog: 1 } }), /^dropped: {4}2 sensor, 1 backlog$/m],
    [{ execGate: { state: 'starting', counters: null, stalls: 0 } }, /^exec gate: {2}starting$/m],
    [
      { execGate: { state: 'running', counters: { allowed: 5, denied: 1 }, stalls: 2 } },
      /^exec gate: {2}running, 5 allowed, 1 denied, 2 stalls$/m,
    ],
    [
      beacon({ notices: [{ code: 'agent/stopped', message: 'by \u001B[2J', atMs: 0 }] }),
      /^notice: {5}1970-\S+ {2}agent\/stopped {2}by \uFFFD\[2J$/m,
    ],
  ]
  for (const [over, expected] of rows) assert.match(statusLines({ ...OLD, ...over }, 7, '/d').join('\n'), expected)
  assert.match(statusLines(OLD, null, '/d')[0] ?? '', /not running/)
  assert.doesNotMatch(statusLines(OLD, 7, '/d').join('\n'), /mode|dropped: |exec gate|notice|policy|waits|wave/)
})

test('a folder where no agent has run, and a status of nobody: one sentence with what to do', async (t) => {
  const folder = temporaryFolder(t)
  const empty = await runCli(['agent', 'status', '--data', folder], folder)
  assert.equal(empty.code, 2)
  assert.match(empty.stderr, /^Cannot show an agent: none has run on .*; start it, or name its folder/m)
  for (const text of ['', '{}', 'null', '{"report":{}}']) {
    writeFileSync(join(folder, 'status.json'), text)
    const ended = await runCli(['agent', 'status', '--data', folder], folder)
    assert.equal(ended.code, 1, text)
    assert.match(ended.stderr, /^Cannot show an agent: .* is not what an agent writes; /m)
  }
})

test('stop and resume of an agent that does not run: one sentence with what to do', async (t) => {
  const folder = temporaryFolder(t)
  for (const command of ['stop', 'resume']) {
    const ended = await runCli(['agent', command, '--data', folder], folder)
    assert.equal(ended.code, 2)
    assert.match(
      ended.stderr,
      new RegExp(`^Cannot ${command}: no agent runs on ${folder}; name its folder with --data`, 'm'),
    )
  }
})
