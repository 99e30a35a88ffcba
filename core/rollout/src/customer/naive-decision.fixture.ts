import type { PackPlan, Plan, ReleaseRef } from '../plan/plan.ts'
import type { CustomerPolicy } from './customer-policy.ts'
import type { HostView } from './host-view.ts'
import type { ContentSettings } from './settings.ts'

/**
 * What the policy of a host's owner means, once more and as simply as it can be said: for each release that the plan names, everything that
 * is in its way. Shares no code with what it checks. Windows and blackouts in UTC only; no sampling but all or nothing.
 */
export interface NaiveAnswer {
  /** What is installed; null: nothing. */
  readonly install: ReleaseRef | null
  /** By digest: all that is in the way of what the plan names. */
  readonly obstacles: ReadonlyMap<string, ReadonlySet<string>>
  readonly ring: string | null
  readonly rule: number | null
}

export function naiveDecision(plan: Plan, host: HostView, nowMs: number): NaiveAnswer {
  const pack = plan.packs.filter(({ pack: one }) => one === host.pack)[0]
  const { settings, ring, rule } = naiveSettings(host.policy, host.labels, pack?.category ?? '')
  const obstacles = new Map<string, ReadonlySet<string>>()
  let install: ReleaseRef | null = null
  const isRevoked = (one: ReleaseRef | null): boolean =>
    one !== null && plan.recalled.some((digest) => digest === one.imageDigest)
  const inTrial = host.candidate !== null && !isRevoked(host.candidate)
  for (const [release, role] of pack ? namedIn(pack) : []) {
    const all = new Set(
      whatIsInTheWay({ plan, pack: pack as PackPlan, host, settings, release, role, nowMs, isRevoked }),
    )
    const ofBaseline = pack?.baseline && obstacles.get(pack.baseline.imageDigest)
    const isNeeded = ['delayed', 'awaiting-evidence', 'rejected-here', 'recalled'].some((one) => ofBaseline?.has(one))
    if (role === 'earlier' && settings.pin === null && !isNeeded) all.add('superseded')
    obstacles.set(release.imageDigest, all)
    if (all.size === 0 && !inTrial) install ??= release
  }
  return { install, obstacles, ring, rule }
}

type Role = 'candidate' | 'baseline' | 'earlier'

function namedIn(pack: PackPlan): readonly (readonly [ReleaseRef, Role])[] {
  const named: (readonly [ReleaseRef, Role])[] = []
  if (pack.candidate) named.push([pack.candidate, 'candidate'])
  if (pack.baseline) named.push([pack.baseline, 'baseline'])
  for (const one of pack.earlier) named.push([one, 'earlier'])
  return named
}

interface Situation {
  readonly plan: Plan
  readonly pack: PackPlan
  readonly host: HostView
  readonly settings: ContentSettings
  readonly release: ReleaseRef
  readonly role: Role
  readonly nowMs: number
  readonly isRevoked: (one: ReleaseRef | null) => boolean
}

function* whatIsInTheWay(now: Situation): Generator<string> {
  const { pack, host, settings, release, role, nowMs, isRevoked } = now
  const has = confirmedBy(now)
  const share = pack.exposure.filter(
    ({ ring }) => ring === (settings.planRing === null ? host.enrolledRing : settings.planRing),
  )[0]
  if (role === 'candidate' && !(share && host.bucketOf(pack.pack, release.imageDigest) < share.ppm)) yield 'not-exposed'
  if (isRevoked(release)) yield 'recalled'
  if (host.rejected.some((digest) => digest === release.imageDigest)) yield 'rejected-here'
  if (has && has.imageDigest === release.imageDigest) yield 'up-to-date'
  if (has && !isNewer(release.version, has.version)) yield 'not-newer'
  if (settings.pause) yield 'paused'
  if (settings.pin !== null && settings.pin !== release.version) yield 'pinned'
  const firstSeen = host.firstSeenMs(release.imageDigest)
  if (role === 'earlier' && settings.pin === null && firstSeen === null) yield 'unseen'
  const seen = firstSeen ?? nowMs
  const urgent = host.isEmergency(release.imageDigest) ? settings.emergency : null
  const turn = Math.floor((settings.spreadMs * host.bucketOf(pack.pack, release.imageDigest)) / 1e6)
  const isCaughtUp =
    role === 'baseline' &&
    settings.staleness?.whenOver === 'catch-up' &&
    staleFor(now, has) - settings.staleness.overAfterMs - turn >= 0
  if (!isCaughtUp) {
    const delay = urgent && urgent.delayMsMax < settings.delayMs ? urgent.delayMsMax : settings.delayMs
    if (settings.delayMs > 0 && nowMs - seen < delay) yield 'delayed'
    if (settings.afterEvidence && !urgent?.ignoreEvidence && known(now) < settings.afterEvidence.hosts)
      yield 'awaiting-evidence'
  }
  const isOutOfRecall = [host.candidate, host.confirmed, host.lastKnownGood, host.starter].some((one) => isRevoked(one))
  const isLate = settings.spreadMs > 0 && pack.baselineSinceMs > 0 && seen > pack.baselineSinceMs + settings.spreadMs
  if (role !== 'candidate' && has && !isOutOfRecall && isLate && nowMs < seen + turn) yield 'spreading'
  if (settings.blackouts.some(({ from, to }) => nowMs >= Date.parse(from) && nowMs < Date.parse(to) + 86_400_000))
    yield 'blackout'
  if (settings.windows.length > 0 && !urgent?.ignoreWindows && !settings.windows.some((one) => inUtcWindow(one, nowMs)))
    yield 'outside-window'
}

function confirmedBy({ host, isRevoked }: Situation): ReleaseRef | null {
  if (host.isSafe || host.confirmed === null) return null
  if (!isRevoked(host.confirmed)) return host.confirmed
  return isRevoked(host.lastKnownGood) ? null : host.lastKnownGood
}

function staleFor({ pack, host, nowMs }: Situation, has: ReleaseRef | null): number {
  const isBehind = (one: ReleaseRef | null): boolean =>
    one !== null && (has === null || isNewer(one.version, has.version))
  if (!isBehind(pack.baseline) || pack.baselineSinceMs === 0) return Number.NEGATIVE_INFINITY
  const missed = pack.earlier
    .filter(isBehind)
    .map(({ imageDigest }) => host.firstSeenMs(imageDigest) ?? Number.POSITIVE_INFINITY)
  return nowMs - Math.max(Math.min(pack.baselineSinceMs, ...missed), host.confirmedAtMs ?? 0)
}

function known({ pack, host, settings, release }: Situation): number {
  const { afterEvidence } = settings
  return pack.evidence
    .filter((row) => row.imageDigest === release.imageDigest && row.ranMs === afterEvidence?.ranMs)
    .filter((row) => !afterEvidence?.sameEngine || row.engineVersion === host.engineVersion)
    .filter((row) => !afterEvidence?.sameOs || row.os === host.os)
    .reduce((sum, { hosts }) => sum + hosts, 0)
}

function isNewer(a: string, b: string): boolean {
  const number = (version: string): number => version.split('.').reduce((sum, part) => sum * 1e5 + Number(part), 0)
  return number(a) > number(b)
}

/** 1 January 1970 was a Thursday. */
function inUtcWindow({ days, from, to }: ContentSettings['windows'][number], nowMs: number): boolean {
  const week: readonly string[] = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed']
  const today = Math.floor(nowMs / 86_400_000)
  for (const day of [today - 1, today]) {
    if (!(days as readonly string[]).includes(week[day % 7] ?? '')) continue
    const minutes = (time: string): number => Number(time.split(':')[0]) * 60 + Number(time.split(':')[1])
    const start = day * 1440 + minutes(from)
    const end = day * 1440 + minutes(to) + (minutes(to) <= minutes(from) ? 1440 : 0)
    if (nowMs >= start * 60_000 && nowMs < end * 60_000) return true
  }
  return false
}

export function naiveSettings(
  policy: CustomerPolicy | null,
  labels: Readonly<Record<string, string>>,
  category: string,
): { readonly settings: ContentSettings; readonly ring: string | null; readonly rule: number | null } {
  if (policy === null) return { settings: NOTHING_WANTED, ring: null, rule: null }
  let mine: string | null = null
  for (const one of policy.rings.toReversed()) {
    const pairs = Object.entries(one.labels).filter(([key, values]) => !values.includes(labels[key] ?? '\0'))
    if (pairs.length === 0 && one.samplePpm > 0) mine = one.name
  }
  let decided: { settings: ContentSettings; rule: number | null } = { settings: policy.default, rule: null }
  for (let i = policy.rules.length; i > 0; i--) {
    const rule = policy.rules[i - 1]
    const isMine = rule?.rings === '*' || (mine !== null && rule?.rings.includes(mine))
    if (rule && isMine && (rule.categories === '*' || rule.categories.includes(category)))
      decided = { settings: rule.settings, rule: i }
  }
  return { ...decided, ring: mine }
}

const NOTHING_WANTED: ContentSettings = {
  planRing: null,
  delayMs: 0,
  afterEvidence: null,
  pause: false,
  pin: null,
  windows: [],
  blackouts: [],
  staleness: null,
  emergency: null,
  spreadMs: 60 * 60 * 1_000,
}
