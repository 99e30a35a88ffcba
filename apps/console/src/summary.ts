import type { FleetStatus, RolloutStatus } from '@firebreak/api'
import { formatNumberOf } from './format.ts'
import { tally, viewHost } from './host-state.ts'
import { type ReleaseFocus, releaseFocuses } from './release-focus.ts'
import { provenText } from './rollout-view.ts'

export type SummaryTone = 'bad' | 'busy' | 'good' | 'idle'

/** What is going on with one pack, as a sentence: `subject` `text`, and the evidence in `detail` ('' if none). */
export interface Summary {
  readonly tone: SummaryTone
  readonly subject: string
  readonly text: string
  readonly detail: string
}

/** One per pack, what needs attention first; one that says so when nothing is published. */
export function summarise(status: FleetStatus): readonly Summary[] {
  const summaries = releaseFocuses(status).map((focus) => summariseFocus(status, focus))
  if (summaries.length === 0) return [nothingPublished(status)]
  const tones: readonly SummaryTone[] = ['bad', 'busy', 'idle', 'good']
  return summaries.toSorted((a, b) => tones.indexOf(a.tone) - tones.indexOf(b.tone))
}

function nothingPublished(status: FleetStatus): Summary {
  const hosts = status.rings.reduce((sum, ring) => sum + ring.hosts.length, 0)
  return {
    tone: 'idle',
    subject: 'No release published',
    text: '',
    detail:
      hosts === 0 ? 'No host has enrolled yet.' : `${formatNumberOf(hosts, 'host')} enrolled, waiting for content.`,
  }
}

function summariseFocus(status: FleetStatus, focus: ReleaseFocus): Summary {
  if (focus.release === null) return { tone: 'idle', subject: focus.pack, text: 'has no release in force', detail: '' }
  const subject = `${focus.pack} ${focus.release.version}`
  const verdicts = status.verdicts.filter((one) => one.imageDigest === focus.release?.imageDigest)
  if (focus.phase === 'halted') {
    const halt = verdicts.find((one) => one.kind === 'halt')
    const text = halt ? `halted in ${halt.ring}` : 'halted'
    return { tone: 'bad', subject, text, detail: halt?.explanation ?? '' }
  }
  if (focus.phase === 'rolling') {
    const rollout = status.rollouts.find((one) => one.imageDigest === focus.release?.imageDigest)
    // The rollout's own panel has the rest.
    const detail = rollout?.verdict ? '' : (verdicts[0]?.explanation ?? '')
    return { tone: 'busy', subject, text: rollingText(status, focus, rollout), detail }
  }
  return { tone: 'good', subject, text: 'complete', detail: completeDetail(status, focus) }
}

/** The cohort of the newest judgement is the denominator; before the first wave, the ring's hosts are. */
function rollingText(status: FleetStatus, focus: ReleaseFocus, rollout: RolloutStatus | undefined): string {
  const exposed = focus.exposure.filter((one) => one.ppm > 0).map((one) => one.ring)
  const ring = status.rings.findLast((one) => exposed.includes(one.ring))
  if (!ring) return 'about to roll out: no ring is exposed yet'
  const wave = rollout?.waves.at(-1)
  if (wave?.ring === ring.ring)
    return `rolling out: wave ${wave.arms.wave} in ${ring.ring}, ${provenText(wave.exposed)}`
  const { confirmed } = tally(ring.hosts.map((host) => viewHost(host, [focus])))
  return `rolling out: ring ${ring.ring}, ${confirmed} of ${ring.hosts.length} confirmed`
}

function completeDetail(status: FleetStatus, focus: ReleaseFocus): string {
  const views = status.rings.flatMap((ring) => ring.hosts.map((host) => viewHost(host, [focus])))
  const confirmed = tally(views).confirmed
  if (views.length === 0) return 'No host has enrolled yet.'
  if (confirmed === views.length) return `Confirmed on ${formatNumberOf(views.length, 'host')}, in every ring.`
  return `Confirmed on ${confirmed} of ${formatNumberOf(views.length, 'host')}.`
}
