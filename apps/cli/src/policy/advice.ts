import type { WallMs } from '@firebreak/kernel'
import {
  type ContentRule,
  type ContentSettings,
  type CustomerRing,
  isOpen,
  nextOpening,
  type PolicySource,
} from '@firebreak/rollout'
import { PPM_ALL } from '@firebreak/kernel'

/** Who signs a new policy each year wants to know by then. */
const EXPIRES_SOON_MS = 2_592_000_000
const DAY_MS = 86_400_000

/** What is allowed, and probably not meant: one sentence each. */
export function adviseOn(source: PolicySource, nowMs: WallMs): readonly string[] {
  return [
    ...adviseOnExpiry(source, nowMs),
    ...adviseOnRings(source),
    ...adviseOnRules(source),
    ...source.rules.flatMap(({ settings }, i) => adviseOnSettings(settings, `rules[${i}].settings`, nowMs)),
    ...adviseOnSettings(source.default, 'default', nowMs),
  ]
}

function adviseOnExpiry({ expiresAtMs }: PolicySource, nowMs: WallMs): readonly string[] {
  if (expiresAtMs === null) return []
  if (expiresAtMs <= nowMs) return ['expiresAtMs: it has expired, so no host takes it']
  const days = Math.ceil((expiresAtMs - nowMs) / DAY_MS)
  if (expiresAtMs - nowMs > EXPIRES_SOON_MS) return []
  return [`expiresAtMs: it expires in ${days} days; hosts that hold it by then go on with it, others don't take it`]
}

function adviseOnRings({ rings, rules }: PolicySource): readonly string[] {
  return rings.flatMap((ring, i) => {
    const at = `rings[${i}] (${ring.name})`
    const wider = rings.slice(0, i).find((other) => takesAllOf(other, ring))
    return [
      ...(rules.some((rule) => rule.rings.includes(ring.name)) ? [] : [`${at}: no rule names it`]),
      ...(ring.samplePpm === 0 ? [`${at}: it samples no host`] : []),
      ...(wider ? [`${at}: no host gets that far, for ring ${wider.name} before it takes all of its hosts`] : []),
    ]
  })
}

/** Whether each host that `later` selects is selected by `earlier`, which leaves none of its own out. */
function takesAllOf(earlier: CustomerRing, later: CustomerRing): boolean {
  if (earlier.samplePpm !== PPM_ALL) return false
  return Object.entries(earlier.labels).every(([key, values]) => {
    return later.labels[key]?.every((value) => values.includes(value)) ?? false
  })
}

/** A rule decides nothing where earlier ones have decided for each of its rings and categories. */
function adviseOnRules({ rings, rules }: PolicySource): readonly string[] {
  // null stands for the hosts of no ring, and for all categories that no rule names.
  const allRings = [...rings.map(({ name }) => name), null]
  const allCategories = [...new Set(rules.flatMap(({ categories }) => (categories === '*' ? [] : categories))), null]
  const names = (listed: ContentRule['rings'], one: string | null) =>
    listed === '*' || (one !== null && listed.includes(one))
  const decides = (rule: ContentRule, ring: string | null, category: string | null) =>
    names(rule.rings, ring) && names(rule.categories, category)
  return rules.flatMap((rule, i) => {
    const before = rules.slice(0, i)
    const isFirstSomewhere = allRings.some((ring) =>
      allCategories.some(
        (category) => decides(rule, ring, category) && !before.some((other) => decides(other, ring, category)),
      ),
    )
    return isFirstSomewhere ? [] : [`rules[${i}]: it never decides, for rules before it name all of its hosts and categories`] // prettier-ignore
  })
}

function adviseOnSettings(settings: ContentSettings, at: string, nowMs: WallMs): readonly string[] {
  const { pause, pin, staleness, afterEvidence, emergency, delayMs } = settings
  const unwatched = staleness === null
  return [
    ...(pause && unwatched
      ? [`${at}: paused without a staleness budget, so nobody is warned when hosts grow old`]
      : []),
    ...(pin !== null && unwatched ? [`${at}: pinned to ${pin} without a staleness budget, so nobody is warned`] : []),
    ...(afterEvidence !== null && staleness?.whenOver !== 'catch-up'
      ? [`${at}: waits for evidence that may never come, for its staleness budget does not end that`]
      : []),
    ...(emergency !== null && delayMs <= emergency.delayMsMax && !emergency.ignoreEvidence && !emergency.ignoreWindows
      ? [`${at}: the consent to emergencies shortens nothing`]
      : []),
    ...(isOpen(settings, nowMs) || nextOpening(settings, nowMs) !== null
      ? []
      : [`${at}: windows and blackouts leave no moment to install anything within 400 days`]),
  ]
}
