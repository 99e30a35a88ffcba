import {
  type CheckRecord,
  type CheckResult,
  finding,
  failed,
  type GateReport,
  type GateRequest,
  judgeEvidence,
  type JudgedEvidence,
  judgeSource,
  notRun,
  selfTestGate,
  type SelfTestEvidence,
  type Sweep,
  sweepOf,
  withNotes,
} from '@firebreak/gate'
import { type OpenedEngines, openEngines } from '../engines/index.ts'
import { composed } from './composed.ts'
import type { PartName } from './estimate.ts'
import { type Compiled, gather, type Gathered } from './evidence.ts'
import { type GateInputs, readInputs } from './inputs.ts'
import { record, type Taken, timed } from './stopwatch.ts'

/** What is told while it lasts. */
export interface Listener {
  step(name: string): void
  progress(part: PartName, share: number): void
}

export interface GateOutcome {
  readonly report: GateReport
  readonly given: GateInputs
  /** Null when the pack does not compile. */
  readonly image: Uint8Array | null
}

/** Everything that was found out about a candidate with an image. */
export interface Proved {
  readonly candidate: Compiled
  readonly gathered: Gathered
  readonly selfTest: SelfTestEvidence
  readonly checks: readonly CheckRecord[]
}

/** Checks that have nothing to judge without an image. */
const OF_AN_IMAGE = ['execution', 'replay', 'cost', 'fuzz', 'self-test'] as const
const WITHOUT_IMAGE = 'Not run, because there is no image.'

/** The whole gate, from the folder to the report. */
export async function runGate(request: GateRequest, nowMs: number, listener: Listener): Promise<GateOutcome> {
  listener.step('Reading what is to be judged')
  const given = await readInputs(request)
  const engines = await openEngines(given.policy.engines)
  listener.progress('read', 1)
  listener.step('Checking source, tests and contract')
  const builds = engines.engines.map(({ build }) => build)
  const context = { engines: builds, inputs: given.supplies }
  const { value: judged, taken } = await timed(() => judgeSource(given.source, context))
  listener.progress('judge', 1)
  const { compiled, image } = judged.candidate
  const first = judged.checks.map((one, i) =>
    record(given.isPack ? one : unlessMadeUp(one), i === 0 ? taken : undefined),
  )
  const seed = request.seed ?? seedOf(compiled?.digest ?? '0')
  const facts = { given, judged, seed, nowMs }
  if (compiled === null || image === null) {
    const checks = [...first, ...OF_AN_IMAGE.map((id) => record(notRun(id, WITHOUT_IMAGE)))]
    return { report: composed({ ...facts, checks }, null), given, image: null }
  }
  const sweep = sweepOf(judged.candidate.pack)
  const proved = await prove({ ...judged.candidate, compiled, image }, sweep, given, engines, seed, listener)
  const checks = [...first.map((one) => withSweep(one, sweep)), ...proved.checks]
  listener.progress('report', 1)
  return { report: composed({ ...facts, checks }, proved), given, image: compiled.image }
}

async function prove(
  candidate: Compiled,
  sweep: Sweep,
  given: GateInputs,
  engines: OpenedEngines,
  seed: number,
  listener: Listener,
): Promise<Proved> {
  listener.step('Running every engine and fuzzing every parser')
  const onProgress = (part: PartName, share: number): void => listener.progress(part, share)
  const gathered = await gather(candidate, { given, engines, sweep, seed, onProgress })
  listener.step('Proving that the gate still works')
  const builds = engines.engines.map(({ build }) => build)
  const evidence: Omit<JudgedEvidence, 'selfTest'> = {
    policy: given.policy,
    image: candidate.image,
    engines: builds,
    inputs: given.supplies,
    execution: gathered.execution.value,
    replay: { pack: candidate.pack, replays: gathered.replays },
    cost: gathered.cost.value,
    fuzz: gathered.fuzz.value,
  }
  const canaries = gathered.fuzz.value.canaries.map(({ canary, found, executions }) => {
    return { name: canary, found: found !== null, executions }
  })
  const tested = await timed(() =>
    selfTestGate({ source: given.source, evidence }, { engines: builds, inputs: given.supplies }, canaries, seed),
  )
  listener.progress('self-test', 1)
  const { execution, cost, fuzz } = gathered
  const taken: Readonly<Record<string, Taken>> = {
    execution: execution.taken,
    cost: cost.taken,
    fuzz: fuzz.taken,
    'self-test': tested.taken,
  }
  const checks = judgeEvidence({ ...evidence, selfTest: tested.value }).map((one) => record(one, taken[one.id]))
  return { candidate, gathered, selfTest: tested.value, checks }
}

/** What drew lots can be drawn again: from the candidate itself, unless somebody chose. */
function seedOf(digest: string): number {
  return Number.parseInt(digest.slice(0, 8), 16)
}

/** A folder of rules is no release, however good they are. */
function unlessMadeUp(check: CheckResult): CheckResult {
  if (check.id !== 'source') return check
  const at = { file: 'pack.yaml', line: 1, column: 1 }
  const fix = 'Write pack.yaml with name, version, category, minimumEngine and description.'
  const missing = finding('content/file', 'The folder is no pack: pack.yaml is missing.', at, { fix })
  return failed('source', missing.message, [missing, ...check.findings])
}

/** What could not be swept is said beside what tests prove. */
function withSweep(check: CheckRecord, { findings }: Sweep): CheckRecord {
  return check.id === 'tests' ? { ...check, ...withNotes(check, findings) } : check
}
