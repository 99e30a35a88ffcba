import { readFile } from 'node:fs/promises'
import {
  absentAs,
  formatUtc,
  list,
  object,
  parseJson,
  type Reader,
  text,
  version,
  type WallMs,
} from '@firebreak/kernel'
import {
  type CustomerPolicy,
  hostLabels,
  name,
  type ReleaseRef,
  type RingForecast,
  type SimulatedHost,
  SIMULATED_HOSTS_MAX,
  simulatePolicy,
  stepsOf,
} from '@firebreak/rollout'
import { CliError } from '../errors.ts'
import { count } from '../plural.ts'
import type { Screen } from '../screen.ts'
import { policyOf, readPolicyFile } from './policy-file.ts'
import { readSchedule } from './schedule.ts'

export interface SimulateOptions {
  readonly key?: string
  readonly hosts?: string
  readonly schedule?: string
  readonly emergency: boolean
  readonly at: number
}

interface HostRow {
  readonly host: string
  readonly labels: Readonly<Record<string, string>>
  readonly ring: string
  readonly engineVersion: string
  readonly os: string
}

const HOSTS_FILE_BYTES_MAX = 256 * 1024 * 1024
/** Of each customer ring, when nobody says which hosts there are: enough for a sample of a thousandth to be somebody. */
const ASSUMED_HOSTS = 2_000
const hostRow = object<HostRow>({
  host: text(64, /./),
  labels: absentAs({}, hostLabels),
  ring: absentAs('broad', name),
  engineVersion: absentAs('1.0.0', version),
  os: absentAs('linux 6.18', text(64)),
})
const hostRows: Reader<readonly HostRow[]> = list(hostRow, SIMULATED_HOSTS_MAX)

/** When each group of hosts would get a release, by the code that decides on hosts. */
export async function simulate(file: string, options: SimulateOptions, screen: Screen): Promise<void> {
  const { at, emergency } = options
  const policy = policyOf(file, await readPolicyFile(file, options.key ?? null, at), 'the customer', at)
  const schedule = await readSchedule(options.schedule ?? null, at)
  const rows = options.hosts === undefined ? assumedHosts(policy) : await readHosts(options.hosts)
  const rings = simulatePolicy({
    policy,
    pack: schedule.pack,
    imageDigest: schedule.release.imageDigest,
    isEmergency: emergency,
    steps: stepsOf(schedule),
    hosts: rows.map((row) => simulated(row, schedule.baseline)),
  })
  screen.result({ ok: true, startMs: at, hosts: rows.length, isAssumed: options.hosts === undefined, rings }, [
    `a ${emergency ? 'release of the emergency lane' : 'release'} of category ${schedule.category} that begins at ${formatUtc(at)}`,
    ...(options.hosts === undefined ? [`no --hosts: assuming ${count(ASSUMED_HOSTS)} for each selector`] : []),
    ...table(rings, at),
  ])
}

function simulated({ host, labels, ring, engineVersion, os }: HostRow, confirmed: ReleaseRef | null): SimulatedHost {
  return { host, labels, enrolledRing: ring, engineVersion, os, confirmed, confirmedAtMs: null }
}

/** Some hosts of each selector, and as many without a label. */
function assumedHosts({ rings }: CustomerPolicy): readonly HostRow[] {
  const selectors = rings.map(({ labels }) => Object.fromEntries(Object.entries(labels).map(([key, [value = '']]) => [key, value]))) // prettier-ignore
  const kinds = new Map([{}, ...selectors].map((labels) => [JSON.stringify(labels), labels]))
  return [...kinds.values()].flatMap((labels, kind) =>
    Array.from({ length: ASSUMED_HOSTS }, (_, i) => {
      return { host: `h-${kind}-${i}`, labels, ring: 'broad', engineVersion: '1.0.0', os: 'linux 6.18' }
    }),
  )
}

async function readHosts(path: string): Promise<readonly HostRow[]> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw new CliError('cli/usage', `Cannot read ${path}: it is not there, or not for you`, { path }, error)
  })
  return hostRows(parseJson(bytes, HOSTS_FILE_BYTES_MAX, 'hosts'), 'hosts')
}

/** One line for each ring, in columns. */
export function table(rings: readonly RingForecast[], startMs: WallMs): readonly string[] {
  const rows = rings.map(({ ring, hosts, installs, earliestMs, latestMs, never }) => [
    ring ?? '(no ring)',
    count(hosts),
    count(installs),
    earliestMs === null ? '-' : after(earliestMs - startMs),
    latestMs === null ? '-' : after(latestMs - startMs),
    never.map((one) => `${count(one.hosts)} ${one.reason}`).join(', ') || '-',
  ])
  const head = ['ring', 'hosts', 'install', 'first', 'last', 'others']
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function after(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  const [days, hours, rest] = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24, minutes % 60]
  const parts = [days > 0 ? `${days} d` : '', hours > 0 ? `${hours} h` : '', rest > 0 ? `${rest} min` : '']
  return parts.filter((part) => part !== '').join(' ') || 'at once'
}
