import { utf8Decode } from '@firebreak/kernel'
import type { ShownFolder } from './folder.ts'
import type { Findings } from './report.ts'

/** What a slot holds, as the state says. */
export interface HeldImage {
  readonly pack: string
  readonly version: string
  readonly imageDigest: string
}

/** What the other checks need of the state. */
export interface StateSummary {
  readonly held: readonly HeldImage[]
  readonly starts: number
}

/*
 * The limits of the slot machine, once more: what checks does not take its limits from what is checked.
 */
const STATE_BYTES_MAX = 1_048_576
const REJECTED_MAX = 4_096
const OUTCOMES_MAX = 16
const DEATHS_MAX = 5
const FALLBACKS_MAX = 3
const KILLS_MAX = 1
const PATH = 'slots/state.json'
const TO_DO = 'put it back from a copy, or remove the folder and enrol this host again'

type Fields = Readonly<Record<string, unknown>>

/** @returns null without a state to go on from */
export async function checkState(folder: ShownFolder, findings: Findings): Promise<StateSummary | null> {
  const bytes = await folder.read(PATH, STATE_BYTES_MAX)
  if (!bytes) {
    const isGone = !folder.entries.has(PATH) && folder.filesIn('slots').some((file) => file.endsWith('.fbi'))
    if (isGone) findings.add('file/missing', PATH, `There are images and nothing says what they are; ${TO_DO}`)
    return null
  }
  const state = readState(bytes)
  if (typeof state === 'string') {
    findings.add('state/malformed', PATH, `It is not a slot state (${state}); ${TO_DO}`)
    return null
  }
  const candidate = fieldsOf(state['candidate'])
  const held = [candidate?.['image'], state['confirmed'], state['lastKnownGood']].filter(isImage)
  checkDigests(held, state, findings)
  checkBounds(state, candidate, findings)
  return { held, starts: Number(state['starts']) }
}

function checkDigests(held: readonly HeldImage[], state: Fields, findings: Findings): void {
  const digests = held.map(({ imageDigest }) => imageDigest)
  const rejected = state['rejected'] as readonly string[]
  if (new Set(digests).size < digests.length) {
    findings.add('state/same-image', PATH, `Two slots hold one image, so one way back is gone; ${TO_DO}`)
  }
  const bad = digests.find((one) => rejected.includes(one))
  if (bad !== undefined) {
    findings.add('state/rejected-image', PATH, `A slot holds ${bad}, which this host has rejected; ${TO_DO}`)
  }
  const starter = state['starter']
  if (isImage(starter) && starter.imageDigest === state['recalledStarter']) {
    findings.add('state/starter', PATH, `The starter ${starter.imageDigest} was recalled and is still used; ${TO_DO}`)
  }
}

function checkBounds(state: Fields, candidate: Fields | null, findings: Findings): void {
  const lists: readonly (readonly [name: string, max: number])[] = [
    ['rejected', REJECTED_MAX],
    ['outcomes', OUTCOMES_MAX],
    ['confirmedDeathsAtMs', DEATHS_MAX],
    ['fallbacksAtMs', FALLBACKS_MAX],
  ]
  for (const [name, max] of lists) {
    const list = state[name]
    const seen = Array.isArray(list) ? list.map((one) => fieldsOf(one)?.['imageDigest'] ?? one) : []
    const isTwice = name !== 'confirmedDeathsAtMs' && name !== 'fallbacksAtMs' && new Set(seen).size < seen.length
    if (seen.length <= max && !isTwice) continue
    findings.add('state/bounds', PATH, `The list ${name} has ${seen.length} entries, at most ${max} different ones belong there; ${TO_DO}`) // prettier-ignore
  }
  const kills = candidate?.['kills'] ?? 0
  if (typeof kills !== 'number' || kills > KILLS_MAX) {
    findings.add(
      'state/bounds',
      PATH,
      `A candidate with ${JSON.stringify(kills)} kills would have fallen back; ${TO_DO}`,
    )
  }
}

/** The state, or what is wrong with it. */
function readState(bytes: Uint8Array): Fields | string {
  let state: Fields | null
  try {
    state = fieldsOf(JSON.parse(utf8Decode(bytes)))
  } catch {
    return 'no JSON'
  }
  if (!state) return 'no object'
  const { candidate, confirmed, lastKnownGood, starter = null, safe = null } = state
  if (!isCount(state['starts'])) return 'starts'
  if (confirmed !== null && !isImage(confirmed)) return 'confirmed'
  if (lastKnownGood !== null && !isImage(lastKnownGood)) return 'lastKnownGood'
  if (starter !== null && !isImage(starter)) return 'starter'
  if (candidate !== null && !isCandidate(candidate)) return 'candidate'
  if (safe !== null && !(isCount(fieldsOf(safe)?.['sinceMs']) && isCount(fieldsOf(safe)?.['generation']))) return 'safe'
  if (!isList(state['rejected'], isDigest)) return 'rejected'
  if (!isList(state['outcomes'], isOutcome)) return 'outcomes'
  for (const name of ['confirmedDeathsAtMs', 'fallbacksAtMs']) {
    if (!isList(state[name] ?? [], isCount)) return name
  }
  return lastKnownGood !== null && confirmed === null ? 'last known good and nothing confirmed' : state
}

function fieldsOf(value: unknown): Fields | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => isItem(item))
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

export function isImage(value: unknown): value is HeldImage {
  const image = fieldsOf(value)
  return typeof image?.['pack'] === 'string' && typeof image['version'] === 'string' && isDigest(image['imageDigest'])
}

function isCandidate(value: unknown): boolean {
  const candidate = fieldsOf(value)
  const isStage = candidate?.['stage'] === 'running' || candidate?.['stage'] === 'waiting'
  return isStage && isImage(candidate?.['image']) && isCount(candidate?.['kills'])
}

function isOutcome(value: unknown): boolean {
  const outcome = fieldsOf(value)
  const kinds: readonly unknown[] = ['trial', 'confirmed', 'refused', 'fell-back']
  return kinds.includes(outcome?.['outcome']) && isDigest(outcome?.['imageDigest']) && isCount(outcome?.['atMs'])
}
