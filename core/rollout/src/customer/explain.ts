import { formatUtc, PPM_ALL, unreachable, type WallMs } from '@firebreak/kernel'
import type { PackPlan, Plan } from '../plan/plan.ts'
import { decideHost, packOf } from './host-decision.ts'
import type { HostDecision, HostView, InstallDecision, KeepDecision } from './host-view.ts'
import { type DecidedSettings, settingsFor } from './rings.ts'
import { type CustomerStance, stanceOf } from './stance.ts'
import { hostsElsewhere } from './waits.ts'

/** What one host does about a plan, why, and when that will change. */
export interface Explanation {
  /** What `decideHost` says. */
  readonly decision: HostDecision
  /** The settings that hold for the host, and which ring and rule of the policy they are from. */
  readonly decided: DecidedSettings
  readonly stance: CustomerStance
  /** What it would answer until it installs something, one after the other, if plan and policy stayed as they are. */
  readonly keeps: readonly KeepDecision[]
  /** What it would install then, and when; null: nothing. */
  readonly install: { readonly decision: InstallDecision; readonly atMs: WallMs } | null
  /** All of it, for people. */
  readonly lines: readonly string[]
}

/** More than follow each other: each is for one reason and one release, and a delay or a turn that is over stays over. */
const KEEPS_MAX = 64

/** Agrees with `decideHost`, for it asks it. */
export function explainHost(plan: Plan, host: HostView, nowMs: WallMs): Explanation {
  const decision = decideHost(plan, host, nowMs)
  const pack = packOf(plan, host)
  const decided = settingsFor(host.policy, host, pack?.category ?? null)
  const stance = stanceOf(plan, host, nowMs)
  const { keeps, install } = forecast(plan, host, nowMs)
  const told = { pack, host, decided, nowMs }
  const lines = [...lineOfPolicy(told), lineOfRing(told), ...linesOfDecision(told, decision)]
  return {
    decision,
    decided,
    stance,
    keeps,
    install,
    lines: [...lines, ...lineOfFuture(told, install), ...linesOfStance(stance)],
  }
}

/** What becomes of the host if nothing but time goes on. */
function forecast(plan: Plan, host: HostView, nowMs: WallMs): Pick<Explanation, 'keeps' | 'install'> {
  const view: HostView = {
    ...host,
    bucketOf: (pack, digest) => host.bucketOf(pack, digest),
    isEmergency: (digest) => host.isEmergency(digest),
    // What it sees now for the first time it remembers from now on.
    firstSeenMs: (digest) => host.firstSeenMs(digest) ?? nowMs,
  }
  const keeps: KeepDecision[] = []
  let atMs: WallMs | null = nowMs
  while (atMs !== null && keeps.length < KEEPS_MAX) {
    const decision = decideHost(plan, view, atMs)
    const next = decision.kind === 'revoke' ? decision.next : decision
    if (next.kind === 'install') return { keeps, install: { decision: next, atMs } }
    keeps.push(next)
    atMs = next.untilMs
  }
  return { keeps, install: null }
}

interface Told {
  readonly pack: PackPlan | null
  readonly host: HostView
  readonly decided: DecidedSettings
  readonly nowMs: WallMs
}

function lineOfPolicy({ pack, host, decided }: Told): readonly string[] {
  if (host.policy === null) return [`no policy holds on ${host.host}: only the plan decides`]
  const { ring, rule } = decided.by
  const content = pack ? `content of category ${pack.category}` : 'content of a category that is not known yet'
  const { customer, generation } = host.policy
  return [
    `${host.host} is of ${ring === null ? 'no ring' : `ring ${ring}`} of policy ${generation} of ${customer}`,
    `${rule === null ? 'its default' : `its rule ${rule}`} decides for ${content}`,
  ]
}

function lineOfRing({ host, decided }: Told): string {
  const { planRing } = decided.settings
  return planRing === null
    ? `it follows ring ${host.enrolledRing} of the plan, with which it enrolled`
    : `it follows ring ${planRing} of the plan, as the policy says`
}

function linesOfDecision(told: Told, decision: HostDecision): readonly string[] {
  switch (decision.kind) {
    case 'install':
      return [`it installs ${decision.release.version} now: ${WHY_INSTALL[decision.reason]}`]
    case 'keep':
      return [lineOfKeep(told, decision)]
    case 'revoke': {
      const count = decision.digests.length
      const left = `it leaves ${count} recalled ${count === 1 ? 'image' : 'images'} at once: no policy has a say in that`
      return [left, ...linesOfDecision(told, decision.next)]
    }
    default:
      return unreachable(decision)
  }
}

const WHY_INSTALL: Readonly<Record<InstallDecision['reason'], string>> = {
  exposed: 'the plan exposes it',
  baseline: 'it has finished its rollout',
  earlier: 'it is the newest that may be installed here',
}

function lineOfKeep(told: Told, { reason, release, untilMs }: KeepDecision): string {
  const { settings } = told.decided
  const it = release?.version ?? 'a release'
  const until = untilMs === null ? '' : ` until ${formatUtc(untilMs)}`
  switch (reason) {
    case 'unknown-pack':
      return `it keeps what it has: the plan says nothing of pack ${told.host.pack}`
    case 'in-trial':
      return 'it keeps what it has: first the trial that runs ends'
    case 'up-to-date':
      return 'it keeps what it has: that is the newest release meant for it'
    case 'not-exposed':
      return `it keeps what it has: ${it} is rolling out, and ${exposureText(told)}`
    case 'rejected-here':
      return `it keeps what it has: ${it} failed on this host before`
    case 'recalled':
      return `it keeps what it has: ${it} is recalled`
    case 'not-newer':
      return `it keeps what it has: ${it} is not newer`
    case 'nothing-released':
      return `it keeps what it has: nothing of pack ${told.host.pack} is released`
    case 'paused':
      return `it waits with ${it}: the category is paused until a newer policy says otherwise`
    case 'pinned':
      return `it keeps what it has: ${settings.pin} is pinned${hasPinned(told) ? '' : ', and the plan does not name it'}`
    case 'delayed':
      return `it waits with ${it}${until}: it was not offered long enough ago`
    case 'awaiting-evidence':
      return `it waits with ${it}${until}: ${evidenceText(told, release)}`
    case 'spreading':
      return `it waits with ${it}${until}: hosts that come back late take turns`
    case 'blackout':
      return `it waits with ${it}${until}: nothing is installed on these days`
    case 'outside-window':
      return `it waits with ${it}${until}: nothing is installed at this time`
    default:
      return unreachable(reason)
  }
}

function hasPinned({ host, decided }: Told): boolean {
  return host.confirmed?.version === decided.settings.pin
}

function exposureText({ pack, host, decided }: Told): string {
  const ring = decided.settings.planRing ?? host.enrolledRing
  const ppm = pack?.exposure.find((one) => one.ring === ring)?.ppm ?? 0
  if (ppm === 0 || !pack?.candidate) return `nobody of ring ${ring} is exposed`
  const bucket = host.bucketOf(pack.pack, pack.candidate.imageDigest)
  return `of ring ${ring} ${ppm} of ${PPM_ALL} are exposed, while this host's turn comes at ${bucket + 1}`
}

function evidenceText({ pack, host, decided }: Told, release: KeepDecision['release']): string {
  const { afterEvidence } = decided.settings
  if (!pack || !release || !afterEvidence) return 'too few hosts have run it'
  const { hosts, ranMs, sameEngine, sameOs } = afterEvidence
  const kind = [...(sameEngine ? [`engine ${host.engineVersion}`] : []), ...(sameOs ? [host.os] : [])].join(' and ')
  const known = hostsElsewhere(pack, release, host, afterEvidence)
  return `${known} of ${hosts} hosts${kind === '' ? '' : ` with ${kind}`} outside the fleet are known to have run it for ${ranMs / 3_600_000} h`
}

function lineOfFuture({ decided, host, nowMs }: Told, install: Explanation['install']): readonly string[] {
  if (install === null) {
    return host.policy === null || decided.settings.pause ? [] : ['time alone changes nothing more']
  }
  if (install.atMs <= nowMs) return []
  return [`if nothing else changes, it installs ${install.decision.release.version} at ${formatUtc(install.atMs)}`]
}

function linesOfStance({ fault, staleness }: CustomerStance): readonly string[] {
  return [
    ...(staleness === 'warn' ? ['a newer baseline has been there for so long that its owner wants to be warned'] : []),
    ...(staleness === 'over' ? ['its staleness budget is used up'] : []),
    ...(fault === 'rollout/policy-expired'
      ? ['the policy has expired; it goes on holding until a newer one is there']
      : []),
  ]
}
