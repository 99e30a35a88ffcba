import { readdir } from 'node:fs/promises'
import { sha256Hex } from '@firebreak/crypto'
import { readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import type { WallMs } from '@firebreak/kernel'
import {
  type CustomerPolicy,
  type CustomerStance,
  customerRingOf,
  type DecidedBy,
  decideHost,
  enrolmentOf,
  type HostDecision,
  type HostView,
  type InstallDecision,
  type KeepDecision,
  offersTo,
  type Plan,
  stanceOf,
} from '@firebreak/rollout'
import { TARGET_SIZE_BYTES_MAX } from '@firebreak/tuf'
import { type AgentConfig, imagePath } from '../config.ts'
import type { EnrolmentStanding, FetcherMessage, HostReport, HostStanding, Keeping } from '../messages.ts'
import type { HeldPolicy } from './held-policy.ts'
import { descriptionOf, hostView } from './host-view.ts'
import type { Participation } from './participation.ts'
import { sawReleases, type SeenReleases, timeSeen } from './seen-releases.ts'
import type { SmallFile } from './small-file.ts'
import type { TrustStore } from './trust.ts'
import { type TakenPart, takesPartIn, type WaveInPlan } from './wave-enrolment.ts'

export interface FollowerOptions {
  readonly folder: string
  readonly config: AgentConfig
  readonly host: string
  readonly trust: TrustStore
  readonly policy: HeldPolicy
  readonly seen: SmallFile<SeenReleases>
  readonly participation: Participation
  /** Sends a beacon that says all that is known by now. @returns whether the server holds it */
  readonly sendBeacon: () => Promise<boolean>
  readonly tell: (message: FetcherMessage) => void
}

/** Until the server knows that this host takes part, it installs nothing for a wave. */
const ENROLLING: Keeping = { reason: 'enrolling', untilMs: null, rule: '' }
/** Its owner laid something there that can't be taken, and nothing holds from before: what they want is not known. */
const POLICY_UNKNOWN: Keeping = { reason: 'policy-unknown', untilMs: null, rule: '' }

/** Follows the plan, as far as the owner of this host wants. Decides by rollout's pure functions, and does what they say. */
export class Follower {
  readonly #options: FollowerOptions
  #keeps: Keeping | null = null
  #told = ''

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  /** What is held was verified once: its recalls are obeyed, however old it is. Nothing is installed by it. */
  obeyHeldRecalls(report: HostReport): void {
    const { plan } = this.#options.trust
    if (plan) this.#recall(decideHost(plan, this.#view(report), this.#nowMs()))
  }

  /** By a plan whose metadata is current. */
  async follow(plan: Plan, report: HostReport): Promise<void> {
    this.#recall(decideHost(plan, this.#view(report), this.#nowMs()))
    if (!this.#options.policy.isKnown) {
      this.#keeps = POLICY_UNKNOWN
      return this.tellStanding(report)
    }
    await this.#remember(plan, report)
    const [view, nowMs] = [this.#view(report), this.#nowMs()]
    const wave = enrolmentOf(plan, view, nowMs)
    if (wave) await this.#enrol(wave, report)
    const decision = decideHost(plan, view, nowMs)
    const next = decision.kind === 'revoke' ? decision.next : decision
    // What it takes part in is known when it has left what was recalled; a baseline needs no wave.
    const isTooEarly = decision.kind === 'revoke' && next.kind === 'install' && next.reason === 'exposed'
    const isEnrolling = next.kind === 'install' && this.#isEnrolling(next)
    this.#keeps = next.kind === 'keep' ? this.#keeping(next) : isEnrolling ? ENROLLING : null
    this.tellStanding(report)
    if (next.kind === 'install' && !isTooEarly && !isEnrolling) await this.#install(plan, next)
  }

  stance(report: HostReport): CustomerStance {
    const { trust, policy } = this.#options
    const stance = stanceOf(trust.plan, this.#view(report), this.#nowMs(), policy.fault)
    return policy.isKnown || policy.fault === '' ? stance : { ...stance, takes: 'never' }
  }

  /** For people; when it has changed. */
  tellStanding(report: HostReport): void {
    const { policy, participation, tell } = this.#options
    const view = this.#view(report)
    const standing: HostStanding = {
      customer: this.stance(report),
      customerRing: policy.policy && customerRingOf(policy.policy, view),
      keeps: this.#keeps,
      enrolment: participation.part && enrolmentStanding(participation.part),
    }
    const told = JSON.stringify(standing)
    if (told === this.#told) return
    this.#told = told
    tell({ kind: 'standing', standing })
  }

  #recall(decision: HostDecision): void {
    if (decision.kind === 'revoke') this.#options.tell({ kind: 'recall', digests: decision.digests })
  }

  /**
   * When a release was offered first, durable before anything is decided by it. What approvers have not signed is no release yet, and a clock
   * that is behind the plan is wrong: neither lets a delay begin.
   */
  async #remember(plan: Plan, report: HostReport): Promise<void> {
    const { seen, trust, config } = this.#options
    const offered = offersTo(plan, this.#view(report)).filter((one) => descriptionOf(trust, config.pack, one) !== null)
    const next = sawReleases(seen.value, offered, Date.now(), plan.issuedAtMs)
    if (next !== seen.value) await seen.put(next)
  }

  /** Said once at once; if that does not get through, beacons say it again in their own time. */
  async #enrol(wave: WaveInPlan, report: HostReport): Promise<void> {
    const { participation, sendBeacon } = this.#options
    if (takesPartIn(participation.part, wave)) return
    await participation.enrol(wave, report)
    await sendBeacon()
  }

  /** Also of a wave that has passed meanwhile: a release that is rolling out kills no host that said it would try it unheard. */
  #isEnrolling({ release, reason }: InstallDecision): boolean {
    const { part } = this.#options.participation
    return reason === 'exposed' && part?.imageDigest === release.imageDigest && !part.isAcknowledged
  }

  #keeping({ reason, untilMs, by }: KeepDecision): Keeping {
    return { reason, untilMs, rule: describeRule(by, this.#options.policy.policy) }
  }

  async #install({ packs }: Plan, { release }: InstallDecision): Promise<void> {
    const { folder, config, trust, tell } = this.#options
    const category = packs.find(({ pack }) => pack === config.pack)?.category ?? ''
    trust.mustBeApproved(config.pack, category, release)
    const path = imagePath(folder, release.imageDigest)
    for (const file of await readdir(folder)) {
      if (file.endsWith('.fbi') && !path.endsWith(file)) await removeDurable(`${folder}/${file}`)
    }
    const held = await readDurable(path, TARGET_SIZE_BYTES_MAX).catch(() => null)
    if (!held || sha256Hex(held) !== release.imageDigest) {
      await writeDurable(path, await trust.image(config.pack, category, release))
    }
    tell({ kind: 'offer', image: { pack: config.pack, ...release } })
  }

  #view(report: HostReport): HostView {
    const { host, config, seen, policy, trust } = this.#options
    return hostView({ host, config, report, seen: seen.value, policy: policy.policy, trust })
  }

  #nowMs(): WallMs {
    return timeSeen(this.#options.seen.value, Date.now())
  }
}

/** Which part of the owner's policy the settings of a host are from. */
export function describeRule({ ring, rule }: DecidedBy, policy: CustomerPolicy | null): string {
  if (policy === null) return ''
  const part = rule === null ? 'default' : `rule ${rule}`
  return `${part} of ${policy.customer} ${policy.generation}${ring === null ? '' : `, ring ${ring}`}`
}

function enrolmentStanding({ imageDigest, wave, arm, isAcknowledged, atMs }: TakenPart): EnrolmentStanding {
  return { imageDigest, wave, arm, isAcknowledged, atMs }
}
