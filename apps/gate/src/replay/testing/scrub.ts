import { hostname } from 'node:os'
import type { HostEvent } from '@firebreak/detect'

type FieldValue = HostEvent['fields'][string]

/** File events of one process and category that are kept: an installation makes thousands, all alike. */
const FILES_PER_PROCESS_MAX = 30

/** The first event of a corpus: 2026-01-05T08:00:00Z. */
const FIRST_MS = 1_767_600_000_000
const NUMBERS: ReadonlySet<string> = new Set(['UserId', 'GroupId', 'SourcePort', 'DestinationPort'])
const PROCESSES: ReadonlySet<string> = new Set(['ProcessId', 'ParentProcessId', 'SourceProcessId', 'TargetProcessId'])
const TIMES: ReadonlySet<string> = new Set(['StartTime'])
/** Numbers of this machine and this day: counted from one on. */
const COUNTED: ReadonlySet<string> = new Set(['CgroupId', 'ImageInode', 'ImageDevice'])
/** Of 192.0.2.0/24, which is kept for documentation. */
const OWN_ADDRESS = '192.0.2.10'
/** Below are the numbers that every machine has. */
const FIRST_PROCESS = 1_200
const USERS: Readonly<Record<string, string>> = { 1000: 'ada', 1001: 'deploy' }

/** Names of this machine, and what they become. */
const REPLACED: readonly (readonly [pattern: RegExp, by: string])[] = [
  [new RegExp(String.raw`\b${hostname()}\b(?=\.|$)`, 'g'), 'host'],
  [/\/\S*\/corpora\/record\/ordinary\.sh/g, '/usr/local/sbin/housekeeping'],
]
/** Where a program made up a name: it gets the next number instead. */
const MADE_UP: readonly RegExp[] = [
  /(?<=\/(?:cc|tmp\.|build\.|tmp_obj_|tmp_pack_|tmp_idx_|tmp_rev_|tmp_mtimes_|bundle_|pip-[a-z-]+|apt\.|v8-compile-cache-))[A-Za-z0-9_]{6,10}(?![A-Za-z0-9])/g,
  /(?<=\/sed)[A-Za-z0-9]{6}(?![A-Za-z0-9])/g,
  /(?<=-)[0-9]{3,6}(?=\.(?:c|o|s|res|ld|le))/g,
  /(?<=_logs\/)[0-9TZ_-]+/g,
  /(?<=\/\.git\/objects\/)[0-9a-f]{2}\/[0-9a-f]{38}/g,
  /(?<=pack-)[0-9a-f]{40}/g,
  /\b[0-9a-f]{40}\b/g,
]

/**
 * Takes out of events what is of this machine, this day and this run: names, numbers, times, addresses. What belongs together stays together: one
 * process keeps one number and one id.
 *
 * @returns them in the order of their times
 */
export function scrub(events: readonly HostEvent[]): readonly HostEvent[] {
  const scrubber = new Scrubber(Math.min(...events.map(({ timeMs }) => timeMs)))
  return withoutMasses(events.toSorted((a, b) => a.timeMs - b.timeMs)).map((event) => scrubber.event(event))
}

function withoutMasses(events: readonly HostEvent[]): readonly HostEvent[] {
  const seen = new Map<string, number>()
  return events.filter(({ category, fields }) => {
    const key = `${category} ${fields['ProcessGuid']}`
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    return !category?.startsWith('file_') || count <= FILES_PER_PROCESS_MAX
  })
}

/** Who is asked is on the machine that asks; on a host they would be two. */
function ownAddress({ SourceIp: source, DestinationIp: destination }: HostEvent['fields']): HostEvent['fields'] {
  return source !== undefined && source === destination && source !== '127.0.0.1' ? { SourceIp: OWN_ADDRESS } : {}
}

class Scrubber {
  readonly #firstMs: number
  readonly #processes = new Map<FieldValue, number>()
  readonly #counted = new Map<string, number>()
  readonly #names = new Map<string, string>()

  constructor(firstMs: number) {
    this.#firstMs = firstMs
  }

  event({ category, product, timeMs, fields }: HostEvent): HostEvent {
    const entries = Object.entries(fields).map(([name, value]) => [name, this.#value(name, value, fields)] as const)
    const scrubbed = { ...Object.fromEntries(entries), ...ownAddress(fields) }
    return { category, product, timeMs: this.#time(timeMs), fields: scrubbed }
  }

  #value(name: string, value: FieldValue, fields: HostEvent['fields']): FieldValue {
    if (name === 'ContainerId') return null
    if (name.endsWith('User')) return this.#user(name, value, fields)
    if (value === null) return null
    if (TIMES.has(name)) return this.#time(Number(value))
    if (PROCESSES.has(name)) return this.#process(value)
    if (COUNTED.has(name)) return this.#count(name, value)
    if (name.endsWith('ProcessGuid')) return this.#guid(value)
    return NUMBERS.has(name) ? Number(value) : this.#text(String(value))
  }

  /** The recording machine has no name for one of the users, and another one for the other. */
  #user(name: string, value: FieldValue, { UserId: id }: HostEvent['fields']): FieldValue {
    const known = USERS[String(id)]
    if (name === 'User') return known ?? value
    return value === null ? (known ?? null) : value === 'cloudsdk' ? 'ada' : value
  }

  #time(timeMs: number): number {
    return Math.round(FIRST_MS + timeMs - this.#firstMs)
  }

  #process(pid: FieldValue): number {
    const known = this.#processes.get(pid)
    const number = known ?? (Number(pid) < 3 ? Number(pid) : FIRST_PROCESS + this.#processes.size)
    this.#processes.set(pid, number)
    return number
  }

  /** Its process and the number of the life. */
  #guid(guid: FieldValue): string {
    return `00000000-0000-4000-8000-${this.#count('guid', guid).toString(16).padStart(12, '0')}`
  }

  #count(kind: string, value: FieldValue): number {
    const key = `${kind} ${value}`
    const number = this.#counted.get(key) ?? this.#counted.size + 1
    this.#counted.set(key, number)
    return number
  }

  #text(value: string): string {
    const plain = REPLACED.reduce((text, [pattern, by]) => text.replace(pattern, by), value)
    return MADE_UP.reduce((text, pattern) => text.replace(pattern, (found) => this.#name(found)), plain)
  }

  /** As long as what the program made up, and of digits. */
  #name(found: string): string {
    const number = this.#names.get(found) ?? String(this.#names.size + 1).padStart(found.length, '0')
    this.#names.set(found, number)
    return number
  }
}
