import { join } from 'node:path'
import { readDurable } from '@firebreak/durable-fs'
import { CliError } from '../errors.ts'
import { SYSTEM } from '../install/places.ts'
import { runningAgent } from '../install/running-agent.ts'
import { printable, type Screen } from '../screen.ts'
import { inputLines, type InputReport } from './input-lines.ts'

/** status.json, as the agent writes it. What is optional, agents that are older do not say. */
export interface AgentStatusFile {
  readonly host: string | null
  readonly planGeneration: number
  readonly sensor: { readonly tier: string; readonly reason: string } | null
  readonly standing?: Standing | null
  readonly inputs?: readonly InputReport[]
  readonly execGate?: {
    readonly state: string
    readonly counters: Readonly<Record<string, number>> | null
    readonly stalls: number
  } | null
  readonly report: {
    readonly slots?: { readonly safe?: { readonly sinceMs: number } | null }
    readonly beacon: {
      readonly running: { readonly pack: string; readonly version: string; readonly slot: string } | null
      readonly events: number
      readonly detections: number
      readonly eventsDropped: number
      readonly engineRestarts: number
      readonly drops?: Readonly<Record<string, number>>
      readonly notices?: readonly { readonly code: string; readonly message: string; readonly atMs: number }[]
    }
  }
}

/** Where the host stands between plan and policy. */
interface Standing {
  readonly customer: {
    readonly name: string
    readonly generation: number
    readonly fault: string
    readonly ring: string
    readonly takes: string
    readonly staleness: string
  }
  readonly customerRing: string | null
  readonly keeps: { readonly reason: string; readonly untilMs: number | null; readonly rule: string } | null
  readonly enrolment: {
    readonly wave: number
    readonly arm: string
    readonly isAcknowledged: boolean
    readonly atMs: number
    readonly imageDigest: string
  } | null
}

const STATUS_SIZE_BYTES_MAX = 524_288

/**
 * Shows what the agent of `data` wrote last, and whether it runs.
 *
 * @throws CliError cli/usage: none has run there | cli/service: it is none of an agent's
 */
export async function agentStatus(data: string, screen: Screen): Promise<void> {
  const path = join(data, 'status.json')
  const bytes = await readDurable(path, STATUS_SIZE_BYTES_MAX)
  if (!bytes) {
    const message = `Cannot show an agent: none has run on ${data}; start it, or name its folder (--data ${SYSTEM.data} for a service)`
    throw new CliError('cli/usage', message)
  }
  const status = parseStatus(bytes, path)
  const pid = await runningAgent(join(data, 'agent.lock'))
  screen.result({ ok: true, running: pid !== null, ...status }, statusLines(status, pid, data))
}

function parseStatus(bytes: Uint8Array, path: string): AgentStatusFile {
  try {
    const status = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<AgentStatusFile> | null
    if (status?.report?.beacon) return status as AgentStatusFile
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const message = `Cannot show an agent: ${path} is not what an agent writes; \`firebreak agent fsck\` says what else is wrong there`
  throw new CliError('cli/service', message)
}

/** @param pid - of the agent; null: it does not run */
export function statusLines(status: AgentStatusFile, pid: number | null, data: string): readonly string[] {
  const { host, sensor, planGeneration, inputs = [], execGate = null, report } = status
  const { running, events, detections, eventsDropped, engineRestarts, drops = {}, notices = [] } = report.beacon
  const lost = Object.entries(drops).filter(([, count]) => count > 0)
  return [
    `agent:      ${pid === null ? 'not running' : `running, process ${pid}`}${host ? `, host ${host}` : ', not enrolled'}`,
    ...safeLines(report.slots?.safe?.sinceMs ?? null, data),
    `sensor:     ${sensor ? `${sensor.tier}: ${printable(sensor.reason)}` : 'starting'}`,
    `content:    ${running ? `${running.pack} ${running.version}, slot ${running.slot}` : 'none'}`,
    `plan:       generation ${planGeneration}`,
    ...(status.standing ? standingLines(status.standing) : []),
    `events:     ${events} judged, ${eventsDropped} dropped, ${detections} detections, ${engineRestarts} engine restarts`,
    ...(lost.length === 0 ? [] : [`dropped:    ${counted(lost)}`]),
    ...(execGate ? [`exec gate:  ${gateWords(execGate)}`] : []),
    ...inputLines(inputs),
    ...notices.map(
      ({ atMs, code, message }) => `notice:     ${new Date(atMs).toISOString()}  ${code}  ${printable(message)}`,
    ),
  ]
}

function standingLines({ customer, customerRing, keeps, enrolment }: Standing): readonly string[] {
  const { name, generation, fault, ring, takes, staleness } = customer
  const follows = ring === '' ? '' : `, follows ring ${printable(ring)} of the plan`
  const of = customerRing === null ? '' : `, ring ${printable(customerRing)}`
  const stale = staleness === 'fresh' ? '' : `, staleness budget ${staleness === 'over' ? 'used up' : 'nearly used up'}`
  return [
    ...(name === '' ? [] : [`policy:     ${generation} of ${printable(name)}${of}${follows}, takes releases ${takes}${stale}`]), // prettier-ignore
    ...(fault === '' ? [] : [`            ${printable(fault)}: ${name === '' ? 'none is in force' : 'this one stays in force'}`]), // prettier-ignore
    ...(keeps === null ? [] : [`waits:      ${keptWords(keeps)}`]),
    ...(enrolment === null ? [] : [`wave:       ${enrolmentWords(enrolment)}`]),
  ]
}

function keptWords({ reason, untilMs, rule }: NonNullable<Standing['keeps']>): string {
  const until = untilMs === null ? '' : ` until ${new Date(untilMs).toISOString()}`
  return `${printable(reason)}${until}${rule === '' ? '' : ` (${printable(rule)})`}`
}

function enrolmentWords({ wave, arm, isAcknowledged, atMs, imageDigest }: NonNullable<Standing['enrolment']>): string {
  const known = isAcknowledged ? '' : ', not acknowledged yet: nothing is installed for it'
  return `${wave} of ${imageDigest.slice(0, 12)}, ${arm} arm, since ${new Date(atMs).toISOString()}${known}`
}

function safeLines(sinceMs: number | null, data: string): readonly string[] {
  if (sinceMs === null) return []
  const since = new Date(sinceMs).toISOString()
  return [
    `mode:       safe since ${since}: releases fell back again and again, so only the starter runs`,
    `            once you know why: firebreak agent resume --data ${data}`,
  ]
}

function gateWords({ state, counters, stalls }: NonNullable<AgentStatusFile['execGate']>): string {
  return [state, ...(counters ? [counted(Object.entries(counters))] : []), ...(stalls > 0 ? [`${stalls} stalls`] : [])].join(', ') // prettier-ignore
}

function counted(counts: readonly (readonly [what: string, count: number])[]): string {
  return counts.map(([what, count]) => `${count} ${what}`).join(', ')
}
