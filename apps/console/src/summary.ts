import type { FleetStatus } from '@firebreak/api'
import type { VerdictRecord } from '@firebreak/rollout'
import { formatNumberOf } from './format.ts'
import { tally, viewHost } from './host-state.ts'
import { type ReleaseFocus, releaseFocuses } from './release-focus.ts'

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
    const text = rollingText(status, focus, verdicts)
    return { tone: 'busy', subject, text, detail: verdicts[0]?.explanation ?? '' }
  }
  return { tone: 'good', subject, text: 'complete', detail: completeDetail(status, focus) }
}

/** The cohort of the newest verdict is the denominator; before the first verdict, the ring's hosts are. */
function rollingText(status: FleetStatus, focus: ReleaseFocus, verdicts: readonly VerdictRecord[]): string {
  const exposed = focus.exposure.filter((one) => one.ppm > 0).map((one) => one.ring)
  const ring = status.rings.findLast((one) => exposed.includes(one.ring))
  if (!ring) return 'about to roll out: no ring is exposed yet'
  const counts = verdicts.find((one) => one.ring === ring.ring && one.kind !== 'advance')?.counts
  const confirmed = counts?.confirmed ?? tally(ring.hosts.map((host) => viewHost(host, [focus]))).confirmed
  const cohort = counts?.cohort ?? ring.hosts.length
  return `rolling out: ring ${ring.ring}, ${confirmed} of ${cohort} confirmed`
}

function completeDetail(status: FleetStatus, focus: ReleaseFocus): string {
  const views = status.rings.flatMap((ring) => ring.hosts.map((host) => viewHost(host, [focus])))
  const confirmed = tally(views).confirmed
  if (views.length === 0) return 'No host has enrolled yet.'
  if (confirmed === views.length) return `Confirmed on ${formatNumberOf(views.length, 'host')}, in every ring.`
  return `Confirmed on ${confirmed} of ${formatNumberOf(views.length, 'host')}.`
}
