import { formatUtc } from '@firebreak/kernel'
import { SIGNALS } from '../evidence/signals.ts'
import type { ArmCounts, SignalEvidence, VerdictRecord } from './verdict.ts'
import { evidenceText, percent, whole } from './words.ts'

/** A verdict as lines for a person: what was decided, on what numbers, what else was considered, and what would change it. */
export function verdictText(record: VerdictRecord): string {
  const { atMs, kind, reason, pack, version, ring, wave, counts, evidence } = record
  const place = ring === '' ? '' : `, ring ${ring}${wave === 0 ? '' : `, wave ${wave}`}`
  return [
    `${formatUtc(atMs)}  ${kind} (${reason}): ${pack} ${version}${place}`,
    `  ${record.explanation}`,
    ...(wave === 0 ? [] : [`  exposed: ${armText(counts.exposed)}`, `  control: ${armText(counts.control)}`]),
    `  evidence: ${evidenceText(evidence.logE)}; holds at ${evidenceText(evidence.holdLogE)}, halts at ${evidenceText(evidence.haltLogE)}`,
    ...evidence.signals.map((signal) => `    ${signalText(signal)}`),
    `  harms at most: ${percent(record.excessUpperPpm)} of the hosts that get it`,
    ...record.alternatives.map((alternative) => `  considered: ${alternative}`),
    `  resolved by: ${record.resolvedBy}`,
    '',
  ].join('\n')
}

function armText({ cohort, enrolled, confirmed, proven, rebooted, events }: ArmCounts): string {
  const struck = SIGNALS.filter((signal) => events[signal] > 0).map((signal) => `${whole(events[signal])} ${signal}`)
  const counts = { enrolled, confirmed, proven, rebooted }
  const named = Object.entries(counts).map(([name, hosts]) => `${whole(hosts)} ${name}`)
  return [`cohort ${whole(cohort)}`, ...named, ...struck].join(', ')
}

function signalText({ signal, logE, wave, stratum, exposedEvents, controlEvents }: SignalEvidence): string {
  const waves = wave === null ? 'the waves together' : `wave ${wave}`
  const where = stratum === null ? '' : `, strongest in ${stratum}`
  return `${signal}: ${evidenceText(logE)} from ${waves} (${whole(exposedEvents)} exposed, ${whole(controlEvents)} control)${where}`
}
