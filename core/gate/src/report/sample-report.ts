import { CHECK_IDS, type CheckResult, finding } from '../check/check.ts'
import { GATE_POLICY_DEFAULT } from '../check/policy.ts'
import { composeReport, type GateReport } from './gate-report.ts'
import type { ControlPlace } from '../self-test/control.ts'
import type { ControlResult, SelfTestEvidence } from '../self-test/evidence.ts'
import type { CheckRecord, CostPair, FuzzedParser, FuzzSummary } from './parts.ts'

/** A whole report, for the tests of whoever reads, signs or shows one. */
const DIGEST = 'ab'.repeat(32)

/** What the gate found; the verdict follows from the checks. */
export type Found = Parameters<typeof composeReport>[0]

export function recordOf(check: CheckResult, index = 1): CheckRecord {
  return { ...check, cpuMs: 40 * index, wallMs: 30 * index, figures: [] }
}

export function sampleFound(over: Partial<Found> = {}): Found {
  return {
    tool: { name: 'firebreak-gate', version: '0.1.0', digest: 'cd'.repeat(32) },
    pack: 'linux-baseline',
    version: '1.1.0',
    category: 'behavioural',
    minimumEngine: '1.0.0',
    sourceDigest: 'ef'.repeat(32),
    imageDigest: DIGEST,
    engines: [
      { version: '1.1.0', digest: '11'.repeat(32), sandboxTier: 'namespaces and seccomp' },
      { version: '1.0.0', digest: '10'.repeat(32), sandboxTier: 'namespaces and seccomp' },
    ],
    atMs: 1_784_000_000_000,
    policy: GATE_POLICY_DEFAULT,
    seed: 291,
    checks: CHECK_IDS.map((id, i) => recordOf(content(id), i + 1)),
    rules: 43,
    cases: 120,
    costBound: { stepsPerByte: 12_345, memoryBytes: 678_901 },
    ...sampleParts(),
    ...over,
  }
}

function content(id: CheckResult['id']): CheckResult {
  return { id, verdict: 'pass', reason: `The check ${id} is content.`, findings: [] }
}

type Parts = Pick<Found, 'coverage' | 'diff' | 'novelty' | 'cost' | 'fuzz' | 'selfTest' | 'risk'>

function sampleParts(): Parts {
  return {
    coverage: { total: 210, decided: 208, undecided: [{ rule: 'Shadow read', what: 'CommandLine|contains' }] },
    diff: {
      against: { version: '1.0.0', imageDigest: '01'.repeat(32) },
      rulesAdded: 1,
      rulesRemoved: 1,
      rulesChanged: 1,
      rulesSame: 41,
      rules: [
        { change: 'added', id: '1', title: 'New shell', level: 'high', what: 'fires for 3 of 20,000 events' },
        { change: 'removed', id: '2', title: 'Old shell', level: 'low', what: 'fired for 1 event' },
        { change: 'changed', id: '3', title: 'Curl', level: 'medium', what: 'matches 2 events more, 1 less' },
      ],
      eventsCompared: 20_000,
      eventsNewlyMatched: 5,
      eventsNoLongerMatched: 2,
      samples: [
        { change: 'newly-matched', rule: 'Curl', corpus: 'benign', event: '{"CommandLine":"curl -s x"}' },
        { change: 'no-longer-matched', rule: 'Old shell', corpus: 'attack', event: '{"Image":"/bin/ksh"}' },
      ],
    },
    novelty: {
      uses: [
        { source: 'process_creation linux *', field: 'CommandLine', matcher: 'regex' },
        { source: 'process_creation linux *', field: 'Image', matcher: 'ends-with' },
      ],
      firstUses: [{ source: 'process_creation linux *', field: 'CommandLine', matcher: 'regex' }],
      hasHistory: true,
    },
    cost: {
      events: 20_000,
      candidate: { cpuNsPerEvent: 2_100, fuelPerEvent: 41, fuelPerEventPeak: 380, memoryBytes: 600_000 },
      running: { cpuNsPerEvent: 2_000, fuelPerEvent: 40, fuelPerEventPeak: 370, memoryBytes: 590_000 },
      ratioPpm: 1_050_000,
      pairs: Array.from({ length: 12 }, (_, i): CostPair => {
        return { candidateNs: 2_050 + ((i * 37) % 100), runningNs: 1_950 + ((i * 53) % 110) }
      }),
    },
    fuzz: sampleFuzz(),
    selfTest: sampleSelfTest(),
    risk: {
      score: 35,
      reasons: [
        { points: 20, reason: 'It reads CommandLine by regex, which no release before it did.' },
        { points: 15, reason: 'It fires for events for which the running release does not.' },
      ],
      firstWavePpmMax: 10_000,
      bakeMsMin: 3_600_000,
    },
  }
}

function sampleFuzz(): FuzzSummary {
  const parser = (name: string, blocksTotal: number): FuzzedParser => ({
    name,
    executionsAsked: 20_000,
    executions: 20_000,
    blocks: Math.round(blocksTotal * 0.8),
    blocksTotal,
    corpus: 63,
    findings: 0,
    progress: [100, 400, 1_600, 6_400, 20_000].map((executions, i) => ({
      executions,
      blocks: Math.round(blocksTotal * (0.3 + 0.125 * i)),
    })),
  })
  return { targets: [parser('image verifier', 900), parser('Sigma parser', 1_400), parser('beacon', 200)] }
}

function sampleSelfTest(): SelfTestEvidence {
  const control = (
    id: string,
    check: ControlPlace,
    code: string,
    ...besides: readonly ControlPlace[]
  ): ControlResult => {
    return { id, check, code, missed: null, rejectedBy: [check, ...besides] }
  }
  return {
    seed: 291,
    subject: 'candidate',
    rules: 43,
    good: [{ id: 'control-pack', check: 'execution', code: '', missed: null, rejectedBy: [] }],
    faults: [
      control('unsupplied-field', 'contract', 'detect/unsupplied-field'),
      control('newer-engine', 'contract', 'detect/engine-too-old'),
      control('flipped-byte', 'verify', 'content/image-program', 'execution'),
      control('unknown-modifier', 'source', 'content/modifier'),
      control('never-fires', 'tests', 'gate/missed'),
      control('pass-without-fuzzing', 'report', 'gate/report-not-shown'),
    ],
    museum: [
      control('channel-file-291', 'contract', 'detect/unsupplied-field'),
      control('zeros-only', 'verify', 'content/image-header'),
    ],
    ablations: [
      { leftOut: 'contract', noticed: true },
      { leftOut: 'contract detect/unsupplied-field', noticed: true },
    ],
    canaries: [{ name: 'a length that is believed', found: true, executions: 812 }],
  }
}

/** Passed, but for `over`. */
export function sampleReport(over: Partial<Found> = {}): GateReport {
  return composeReport(sampleFound(over))
}

/** Refused by the contract, as in July 2024. */
export function sampleRefusal(): GateReport {
  const { checks } = sampleFound()
  const refusal: CheckResult = {
    id: 'contract',
    verdict: 'fail',
    reason: 'Cannot load linux-baseline 1.1.0: it reads process_creation field Zone.',
    findings: [
      finding(
        'detect/unsupplied-field',
        'It reads Zone.',
        { file: 'rules/a.yml', line: 12, column: 5 },
        { fix: 'Read one of the 20 fields that engine 1.0.0 supplies.', input: '{"Zone":"x"}' },
      ),
      finding('gate/more-findings', '3 more findings are not listed.', null, { severity: 'note' }),
    ],
  }
  const skipped = (id: CheckResult['id']): CheckResult => {
    return { id, verdict: 'not-run', reason: 'Not run, because the check contract did not pass.', findings: [] }
  }
  const at = checks.findIndex(({ id }) => id === 'contract')
  const after = checks.slice(at + 1).map(({ id }) => ({ ...skipped(id), cpuMs: 0, wallMs: 0, figures: [] }))
  const none = { engines: [], coverage: null, diff: null, novelty: null, cost: null, fuzz: null, risk: null }
  return sampleReport({ ...none, selfTest: null, checks: [...checks.slice(0, at), recordOf(refusal, at), ...after] })
}
