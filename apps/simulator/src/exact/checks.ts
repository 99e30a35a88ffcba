import { createHash } from 'node:crypto'
import type { Plan } from '@firebreak/rollout'
import { REQUEST_SLOT_SECONDS } from './journal.ts'
import { runningOf } from './member.ts'
import { type Simulation, stillRunning, WARM_UP_SECONDS } from './simulate.ts'

/** A promise, and whether this run kept it. */
export interface Check {
  readonly name: string
  readonly ok: boolean
  /** The numbers behind it, or the first thing that broke it. */
  readonly found: string
}

const ALL_PPM = 1_000_000
/** Of hosts that are up: so many in a thousand have a release that finished its rollout. Some installations fail by nobody's fault. */
const REACHED_PER_MILLE = 980
const PEAK_TIMES_NORMAL = 2

/**
 * Holds a run to what was promised, by what a bystander saw: plans, installations, harm, requests. Nothing of the code that made the decisions is
 * used, not even its hash of hosts. Safety first: what must never happen; then recovery: what must have come about in the end.
 */
export function checkSimulation(run: Simulation): readonly Check[] {
  return [
    strictlyNewer(run),
    nothingAfterHalt(run),
    growsUntilHalt(run),
    withinExposure(run),
    ringsInOrder(run),
    neverRecalled(run),
    recovered(run),
    ...noStampede(run),
    ...lateComersTakeTurns(run),
    ...asExpected(run),
  ]
}

function check(name: string, problem: string | undefined, found: string): Check {
  return { name, ok: problem === undefined, found: problem ?? found }
}

function strictlyNewer({ journal: { plans } }: Simulation): Check {
  const stale = plans.find(({ plan }, i) => i > 0 && plan.generation <= (plans[i - 1]?.plan.generation ?? 0))
  const problem = stale && `generation ${stale.plan.generation} is not newer than the one before`
  return check('generations strictly increase', problem, `${plans.length} plans`)
}

/** How much of each ring a plan lets have the release under test. */
function shares(run: Simulation, plan: Plan): ReadonlyMap<string, number> {
  const digest = run.releases.fresh.imageDigest
  const pack = plan.packs.find((one) => one.pack === run.releases.pack)
  const rings = run.world.scenario.fleet.rings.map(({ ring }) => ring)
  if (pack?.baseline?.imageDigest === digest) return new Map(rings.map((ring) => [ring, ALL_PPM]))
  if (pack?.candidate?.imageDigest !== digest) return new Map()
  return new Map(pack.exposure.map(({ ring, ppm }) => [ring, ppm]))
}

function haltedAtS({ journal }: Simulation): number | null {
  return journal.statuses.find(({ status }) => status === 'halted')?.atS ?? null
}

function nothingAfterHalt(run: Simulation): Check {
  const name = 'a halt exposes nobody and recalls'
  const atS = haltedAtS(run)
  if (atS === null) return check(name, undefined, 'not halted')
  const after = run.journal.plans.filter((one) => one.atS >= atS)
  const bad = after.find(
    ({ plan }) =>
      shares(run, plan)
        .values()
        .some((ppm) => ppm > 0) || !plan.recalled.includes(run.releases.fresh.imageDigest),
  )
  const problem = after.length === 0 ? 'no plan says so' : bad && `plan ${bad.plan.generation} does not`
  return check(name, problem, `${after.length} plans since`)
}

function growsUntilHalt(run: Simulation): Check {
  const atS = haltedAtS(run) ?? Number.POSITIVE_INFINITY
  const before = new Map<string, number>()
  for (const { plan } of run.journal.plans.filter((one) => one.atS < atS)) {
    const now = shares(run, plan)
    for (const [ring, ppm] of before) {
      if ((now.get(ring) ?? 0) < ppm)
        return check('exposure only grows', `plan ${plan.generation}: ${ring} shrinks`, '')
    }
    for (const [ring, ppm] of now) before.set(ring, ppm)
  }
  return check('exposure only grows', undefined, [...before].map(([ring, ppm]) => `${ring} ${ppm} ppm`).join(', '))
}

/** The order of exposure, from its description: SHA-256 of four lines, its first 48 bits, modulo a million. */
function bucket(run: Simulation, host: number): number {
  const { pack, fresh } = run.releases
  const text = `firebreak exposure 1\n${run.world.hostId(host)}\n${pack}\n${fresh.imageDigest}`
  return Number(BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 12)}`) % BigInt(ALL_PPM))
}

function withinExposure(run: Simulation): Check {
  const name = 'only exposed hosts install'
  const plans = new Map(run.journal.plans.map(({ plan }) => [plan.generation, plan]))
  const digest = run.releases.fresh.imageDigest
  const installs = run.journal.installs.filter((one) => one.imageDigest === digest)
  for (const { host, generation, atS } of installs) {
    const plan = plans.get(generation)
    // A plan that our server did not make: then the recall is what counts.
    if (plan === undefined) continue
    const ppm = shares(run, plan).get(run.world.ring(host).ring) ?? 0
    if (ppm < ALL_PPM && bucket(run, host) >= ppm) {
      return check(name, `host ${host} did at ${atS - WARM_UP_SECONDS} s, by plan ${generation}`, '')
    }
  }
  return check(name, undefined, `${installs.length} installations`)
}

function ringsInOrder(run: Simulation): Check {
  const name = 'each ring is whole before the next begins'
  const rings = run.world.scenario.fleet.rings.map(({ ring }) => ring)
  let before: ReadonlyMap<string, number> = new Map()
  for (const { plan } of run.journal.plans) {
    const now = shares(run, plan)
    const early = rings.find(
      (ring, i) => i > 0 && (now.get(ring) ?? 0) > 0 && before.get(rings[i - 1] ?? '') !== ALL_PPM,
    )
    if (early !== undefined) return check(name, `plan ${plan.generation}: ${early} begins too early`, '')
    before = now
  }
  return check(name, undefined, rings.join(', '))
}

/** A host that held a plan of the vendor which recalls an image does not begin it afterwards, whoever signs what. */
function neverRecalled(run: Simulation): Check {
  const name = 'nobody installs what they heard is recalled'
  const digest = run.releases.fresh.imageDigest
  const { installs, heardRecallS } = run.journal
  const heard = (host: number): number => heardRecallS[host] ?? 0
  const bad = installs.find((one) => one.imageDigest === digest && heard(one.host) > 0 && one.atS > heard(one.host))
  const hosts = heardRecallS.reduce((sum, atS) => sum + (atS > 0 ? 1 : 0), 0)
  return check(name, bad && `host ${bad.host} did at ${bad.atS - WARM_UP_SECONDS} s`, `${hosts} hosts heard of it`)
}

function recovered(run: Simulation): Check {
  const { world, releases, members, status } = run
  const digest = releases.fresh.imageDigest
  if (status === 'halted') {
    const lost = members.values().reduce((sum, { isDead }) => sum + (isDead ? 1 : 0), 0)
    const left = stillRunning(run)
    const name = `all survivors${left.off > 0 ? ' that are up' : ''} are on last known good`
    const problem = left.up > 0 ? `${left.up} of them run what was recalled` : undefined
    const off = left.off > 0 ? `, ${left.off} that are off will hear of it when they are back` : ''
    return check(name, problem, `${world.hosts - lost} survivors, ${lost} lost${off}`)
  }
  const name = 'everybody who is up has the release'
  if (status === 'rolling') return check(name, undefined, 'still rolling out')
  const endMs = world.startsAtMs + (run.endedAtS - WARM_UP_SECONDS) * 1_000
  let up = 0
  let have = 0
  for (let host = 0; host < world.hosts; host++) {
    const member = members.get(host)
    if (!world.isReachable(host, endMs) || !world.isReachable(host, endMs - 1_200_000) || member?.isDead) continue
    up++
    if (member && runningOf(member).imageDigest === digest) have++
  }
  return check(name, have * 1_000 < up * REACHED_PER_MILLE ? `${have} of ${up}` : undefined, `${have} of ${up}`)
}

/** After the server was away: hosts must not all come at once. The probation of a wave that starts then is the controller's doing, and not counted. */
function noStampede({ world, journal }: Simulation): readonly Check[] {
  const outage = world.scenario.incidents.find(({ kind }) => kind === 'server-down')
  if (outage === undefined) return []
  const slotOf = (seconds: number): number => Math.floor((seconds + WARM_UP_SECONDS) / REQUEST_SLOT_SECONDS)
  const slots = (from: number, to: number) =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => journal.requests[from + i] ?? 0)
  const before = slots(slotOf(0), slotOf(outage.fromSeconds))
  const normal = before.reduce((sum, n) => sum + n, 0) / Math.max(1, before.length)
  const peak = Math.max(0, ...slots(slotOf(outage.toSeconds), journal.requests.length))
  const times = `${(peak / Math.max(1, normal)).toFixed(2)} times the normal rate`
  const problem = peak > PEAK_TIMES_NORMAL * normal ? times : undefined
  return [check('no stampede after the outage', problem, `requests peak at ${times}`)]
}

const SLOT_SECONDS = 300
const LATE_MIN = 50
const LATE_SHARE_MAX = 0.2

/** After the rollout is complete, hosts come back by the hundreds in the morning; what they fetch is spread. */
function lateComersTakeTurns({ journal, world }: Simulation): readonly Check[] {
  const doneS = journal.statuses.find(({ status }) => status === 'complete')?.atS
  if (doneS === undefined || world.scenario.afterSeconds === 0) return []
  const slots = new Map<number, number>()
  const late = journal.installs.filter(({ atS }) => atS > doneS + 2 * 3_600)
  for (const { atS } of late) {
    const slot = Math.floor(atS / SLOT_SECONDS)
    slots.set(slot, (slots.get(slot) ?? 0) + 1)
  }
  const peak = Math.max(0, ...slots.values())
  const found = `${late.length} late, at most ${peak} within five minutes`
  const problem = late.length >= LATE_MIN && peak > LATE_SHARE_MAX * late.length ? found : undefined
  return [check('late comers take turns', problem, found)]
}

/** What the scenario says must come of it; only for as many hosts as it was written for. */
function asExpected(run: Simulation): readonly Check[] {
  const { expected, hosts } = run.world.scenario
  if (run.world.hosts !== hosts) return []
  const { harmed, haltSeconds } = outcomeOf(run)
  const tooLate =
    expected.haltSecondsMax !== null && (haltSeconds ?? Number.POSITIVE_INFINITY) > expected.haltSecondsMax
  const problem =
    run.status !== expected.outcome
      ? run.status
      : harmed > expected.harmedMax
        ? `${harmed} harmed`
        : tooLate
          ? `${haltSeconds} s`
          : undefined
  const name = `expected: ${expected.outcome}, at most ${expected.harmedMax} harmed`
  return [check(name, problem, `${run.status}, ${harmed} harmed`)]
}

export interface Outcome {
  /** Hosts on which the release began, or failed to. */
  readonly exposed: number
  readonly harmed: number
  /** From the first beginning that harmed to the halt; null: no halt, or no harm before it. */
  readonly haltSeconds: number | null
}

export function outcomeOf(run: Simulation): Outcome {
  const { journal, releases } = run
  const began = journal.installs.filter((one) => one.imageDigest === releases.fresh.imageDigest).map(({ host }) => host)
  const atS = haltedAtS(run)
  const firstS = journal.harms.reduce((first, { begunAtS }) => Math.min(first, begunAtS), Number.POSITIVE_INFINITY)
  return {
    exposed: new Set([...began, ...journal.harms.map(({ host }) => host)]).size,
    harmed: journal.harms.length,
    haltSeconds: atS === null || firstS > atS ? null : atS - firstS,
  }
}
