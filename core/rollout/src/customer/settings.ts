import {
  absentAs,
  boolean,
  integer,
  type Json,
  list,
  literal,
  malformed,
  nullable,
  type Reader,
  type Version,
  version,
} from '@firebreak/kernel'
import { EVIDENCE_RAN_MS, name } from '../plan/plan.ts'
import { strict } from './strict.ts'
import {
  type Blackout,
  blackout,
  BLACKOUTS_MAX,
  type MaintenanceWindow,
  maintenanceWindow,
  WINDOWS_MAX,
} from './windows.ts'

/**
 * What a customer wants for the content of one category on some of their hosts. A pause, a pin, windows and blackouts hold whatever
 * else is said; each can be edited while the others stand. A recall is obeyed under any of them.
 */
export interface ContentSettings {
  /** Whose exposure the host follows, of the rings of the vendor's plan. Null: the ring it enrolled with. */
  readonly planRing: string | null
  /** From when the release was first offered to this host, by its own clock and memory. */
  readonly delayMs: number
  readonly afterEvidence: EvidenceDelay | null
  /** Nothing is installed, until a newer policy says otherwise. */
  readonly pause: boolean
  /** This release and no other. */
  readonly pin: Version | null
  /** None: at any time. */
  readonly windows: readonly MaintenanceWindow[]
  readonly blackouts: readonly Blackout[]
  readonly staleness: StalenessBudget | null
  /** Consent, given in advance, to what releases of the emergency lane may shorten. Null: nothing. */
  readonly emergency: EmergencyConsent | null
  /** Hosts that come back late install a baseline spread over so long. */
  readonly spreadMs: number
}

/** Wait until that many hosts outside this customer's fleet have confirmed a release and run it for so long. */
export interface EvidenceDelay {
  readonly hosts: number
  /** One of EVIDENCE_RAN_MS. */
  readonly ranMs: number
  /** Only hosts with the engine version of this host count, and only those with its operating system. */
  readonly sameEngine: boolean
  readonly sameOs: boolean
}

/** How long a newer release may be the baseline while the host does not run it. */
export interface StalenessBudget {
  readonly warnAfterMs: number
  readonly overAfterMs: number
  /** catch-up: delays no longer apply to the baseline. A pause, a pin, windows and blackouts still do. */
  readonly whenOver: 'hold' | 'catch-up'
}

export interface EmergencyConsent {
  /** The longest delay by time that an emergency has to wait. */
  readonly delayMsMax: number
  /** It need not wait for evidence, or for a window. Blackouts, a pause and a pin hold in any case. */
  readonly ignoreEvidence: boolean
  readonly ignoreWindows: boolean
}

/** Ten years: "any duration" that is still one. */
export const DELAY_MS_MAX = 315_360_000_000
/** 30 days. */
export const SPREAD_MS_MAX = 2_592_000_000
export const EVIDENCE_HOSTS_MAX = 1_000_000_000

/** What holds for a host without a policy, and where a policy says nothing. Part of the format: signed policies leave them out, so they never change. */
export const DEFAULT_SETTINGS: ContentSettings = {
  planRing: null,
  delayMs: 0,
  afterEvidence: null,
  pause: false,
  pin: null,
  windows: [],
  blackouts: [],
  staleness: null,
  emergency: null,
  spreadMs: 3_600_000,
}

const delayMs = integer(0, DELAY_MS_MAX)

const evidenceDelay: Reader<EvidenceDelay> = strict<EvidenceDelay>({
  hosts: integer(1, EVIDENCE_HOSTS_MAX),
  ranMs: literal(...EVIDENCE_RAN_MS),
  sameEngine: absentAs(true, boolean),
  sameOs: absentAs(true, boolean),
})

const stalenessBudget: Reader<StalenessBudget> = (value, at) => {
  const read = strict<StalenessBudget>({
    warnAfterMs: delayMs,
    overAfterMs: delayMs,
    whenOver: literal('hold', 'catch-up'),
  })(value, at)
  if (read.warnAfterMs > read.overAfterMs) {
    throw malformed(at, 'a warning that comes before the budget is over', read.warnAfterMs)
  }
  return read
}

const emergencyConsent: Reader<EmergencyConsent> = strict<EmergencyConsent>({
  delayMsMax: delayMs,
  ignoreEvidence: absentAs(false, boolean),
  ignoreWindows: absentAs(false, boolean),
})

export const contentSettings: Reader<ContentSettings> = strict<ContentSettings>({
  planRing: absentAs(DEFAULT_SETTINGS.planRing, nullable(name)),
  delayMs: absentAs(DEFAULT_SETTINGS.delayMs, delayMs),
  afterEvidence: absentAs(DEFAULT_SETTINGS.afterEvidence, nullable(evidenceDelay)),
  pause: absentAs(DEFAULT_SETTINGS.pause, boolean),
  pin: absentAs(DEFAULT_SETTINGS.pin, nullable(version)),
  windows: absentAs(DEFAULT_SETTINGS.windows, list(maintenanceWindow, WINDOWS_MAX)),
  blackouts: absentAs(DEFAULT_SETTINGS.blackouts, list(blackout, BLACKOUTS_MAX)),
  staleness: absentAs(DEFAULT_SETTINGS.staleness, nullable(stalenessBudget)),
  emergency: absentAs(DEFAULT_SETTINGS.emergency, nullable(emergencyConsent)),
  spreadMs: absentAs(DEFAULT_SETTINGS.spreadMs, integer(0, SPREAD_MS_MAX)),
})

/** Only what differs from the defaults: one spelling for what says the same. */
export function settingsJson(settings: ContentSettings): { readonly [key: string]: Json } {
  const all: { readonly [K in keyof ContentSettings]: Json } = {
    planRing: settings.planRing,
    delayMs: settings.delayMs,
    afterEvidence: settings.afterEvidence && { ...settings.afterEvidence },
    pause: settings.pause,
    pin: settings.pin,
    windows: settings.windows.map((one) => ({ ...one, days: [...one.days] })),
    blackouts: settings.blackouts.map((one) => ({ ...one })),
    staleness: settings.staleness && { ...settings.staleness },
    emergency: settings.emergency && { ...settings.emergency },
    spreadMs: settings.spreadMs,
  }
  const isDefault = (key: string, value: Json): boolean =>
    Array.isArray(value) ? value.length === 0 : value === DEFAULT_SETTINGS[key as keyof ContentSettings]
  return Object.fromEntries(Object.entries(all).filter(([key, value]) => !isDefault(key, value)))
}
