import {
  absentAs,
  boolean,
  integer,
  type Json,
  list,
  literal,
  malformed,
  nullable,
  object,
  parseJson,
  parseUtc,
  type Ppm,
  PPM_ALL,
  type Reader,
  record,
  type Shape,
  text,
  version,
} from '@firebreak/kernel'
import { name, SIGNALS } from '@firebreak/rollout'
import { DEFAULT_FLEET } from './default-fleet.ts'
import {
  type Expected,
  type Fault,
  type Fleet,
  type Incident,
  INCIDENTS,
  type Noise,
  type RingShare,
  type Scenario,
  SLEEP_NAMES,
  type SleepName,
  type SleepPattern,
  type StratumShare,
} from './scenario.ts'

export const SCENARIO_SIZE_BYTES_MAX = 65_536
/** Host numbers are kept in 32-bit columns, and each host costs memory. */
export const HOSTS_MAX = 50_000_000
/** 90 days. */
const SECONDS_MAX = 7_776_000
const ITEMS_MAX = 64
const DAY_MINUTES = 1_440

const ppm: Reader<Ppm> = integer(0, PPM_ALL)
const seconds = integer(0, SECONDS_MAX)

/** Like `object`, but a key that nobody reads is refused: a misspelt one would else count as left out. */
function strict<T extends object>(shape: Shape<T>): Reader<T> {
  const read = object(shape)
  return (value, at) => {
    const unknown = Object.keys(record(value, at)).find((key) => !Object.hasOwn(shape, key))
    if (unknown !== undefined) throw malformed(at, `the keys ${Object.keys(shape).join(', ')}`, unknown)
    return read(value, at)
  }
}

function shares<T extends { readonly sharePpm: Ppm }>(item: Reader<T>): Reader<readonly T[]> {
  return (value, at) => {
    const parts = list(item, ITEMS_MAX)(value, at)
    const sum = parts.reduce((all, { sharePpm }) => all + sharePpm, 0)
    if (sum !== PPM_ALL) throw malformed(at, `shares that sum up to ${PPM_ALL}`, sum)
    return parts
  }
}

const noise = (base: Noise): Reader<Noise> =>
  strict<Noise>({
    silence: absentAs(base.silence, ppm),
    silenceSecondsMean: absentAs(base.silenceSecondsMean, seconds),
    reboot: absentAs(base.reboot, ppm),
    engineRestart: absentAs(base.engineRestart, ppm),
    cpu: absentAs(base.cpu, ppm),
    memory: absentAs(base.memory, ppm),
    flood: absentAs(base.flood, ppm),
    detection: absentAs(base.detection, ppm),
    failure: absentAs(base.failure, ppm),
    applyFailure: absentAs(base.applyFailure, ppm),
  })

const ring = strict<RingShare>({ ring: name, sharePpm: ppm, pollSeconds: integer(1, SECONDS_MAX) })

const stratum = strict<StratumShare>({
  name,
  sharePpm: ppm,
  engineVersion: version,
  os: text(64),
  architecture: text(16),
  unsteadyPpm: ppm,
  sleep: literal(...SLEEP_NAMES),
})

const sleep: Reader<SleepPattern> = (value, at) => {
  const read = strict<SleepPattern>({
    weekends: boolean,
    fromMinute: integer(0, DAY_MINUTES),
    toMinute: integer(0, DAY_MINUTES),
    jitterMinutes: integer(0, DAY_MINUTES),
    zones: shares(strict({ utcMinutes: integer(-DAY_MINUTES, DAY_MINUTES), sharePpm: ppm })),
    dayOffPpm: ppm,
    awayPpm: ppm,
    awayDaysMean: integer(0, 3_650),
    announcedPpm: ppm,
    bootsPpm: ppm,
  })(value, at)
  const { fromMinute, toMinute, jitterMinutes } = read
  // So that no day runs into the next one, and each has some time.
  if (fromMinute + jitterMinutes >= toMinute || toMinute + jitterMinutes > DAY_MINUTES) {
    throw malformed(at, 'a day that begins before it ends, within one day, whatever the jitter', read)
  }
  return read
}

const sleeps = strict<Record<SleepName, SleepPattern | null>>({
  'always-on': absentAs(null, nullable(sleep)),
  office: absentAs(DEFAULT_FLEET.sleeps.office, nullable(sleep)),
  laptop: absentAs(DEFAULT_FLEET.sleeps.laptop, nullable(sleep)),
})

const fleet = strict<Fleet>({
  rings: absentAs(DEFAULT_FLEET.rings, shares(ring)),
  beaconSeconds: absentAs(DEFAULT_FLEET.beaconSeconds, integer(1, 86_400)),
  installSeconds: absentAs(DEFAULT_FLEET.installSeconds, seconds),
  trialSeconds: absentAs(DEFAULT_FLEET.trialSeconds, seconds),
  strata: absentAs(DEFAULT_FLEET.strata, shares(stratum)),
  sleeps: absentAs(DEFAULT_FLEET.sleeps, sleeps),
  steady: absentAs(DEFAULT_FLEET.steady, noise(DEFAULT_FLEET.steady)),
  unsteady: absentAs(DEFAULT_FLEET.unsteady, noise(DEFAULT_FLEET.unsteady)),
  sites: absentAs(DEFAULT_FLEET.sites, integer(1, 1_000_000)),
})

const fault = strict<Fault>({
  effect: literal(...SIGNALS),
  sharePpm: absentAs(PPM_ALL, ppm),
  stratum: absentAs(null, nullable(name)),
  onset: absentAs('at-once', literal('at-once', 'event', 'reboot')),
  meanSeconds: absentAs(0, seconds),
  backAfterSeconds: absentAs(null, nullable(seconds)),
})

const incident = strict<Incident>({
  kind: literal(...INCIDENTS),
  fromSeconds: seconds,
  toSeconds: seconds,
  sharePpm: absentAs(PPM_ALL, ppm),
})

const utc: Reader<number> = (value, at) => parseUtc(text(32)(value, at))

const json: Reader<Json> = (value) => value as Json

const scenario = strict<Omit<Scenario, 'startsAtMs'> & { readonly startsAt: number }>({
  title: text(120),
  story: text(2_000),
  hosts: integer(1, HOSTS_MAX),
  startsAt: utc,
  horizonSeconds: integer(1, SECONDS_MAX),
  afterSeconds: absentAs(0, seconds),
  fleet: absentAs(DEFAULT_FLEET, fleet),
  faults: absentAs([], list(fault, ITEMS_MAX)),
  incidents: absentAs([], list(incident, ITEMS_MAX)),
  rolloutPolicy: absentAs({}, json),
  expected: strict<Expected>({
    outcome: literal('halted', 'complete', 'rolling'),
    harmedMax: integer(0, HOSTS_MAX),
    haltSecondsMax: absentAs(null, nullable(seconds)),
  }),
})

/** Reads a file of apps/simulator/scenarios. @throws KernelError kernel/malformed */
export function parseScenario(bytes: Uint8Array, at = 'scenario'): Scenario {
  const { startsAt, ...read } = scenario(parseJson(bytes, SCENARIO_SIZE_BYTES_MAX, at), at)
  const names = read.fleet.strata.map((one) => one.name)
  const stray = read.faults.find(({ stratum: only }) => only !== null && !names.includes(only))
  if (stray) throw malformed(`${at}.faults`, `a stratum of ${names.join(', ')}`, stray.stratum)
  return { ...read, startsAtMs: startsAt }
}
