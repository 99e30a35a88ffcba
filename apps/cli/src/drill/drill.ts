import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorMessage } from '@firebreak/kernel'
import { untilAborted } from '../act.ts'
import { deploy } from '../deployment.ts'
import { CliError } from '../errors.ts'
import { writeTrialPolicy } from '../gate/trial-policy.ts'
import type { Screen } from '../screen.ts'
import { type Service, ServiceGroup } from '../service.ts'
import { Watch } from '../watch.ts'
import {
  type Act,
  engineDies,
  gateRefuses,
  goodRelease,
  hostsFallSilent,
  hostsRefuse,
  recallAndRecover,
  type Stage,
} from './acts.ts'
import { DRILL_POLICY, FLEET_SIZE, startFleet } from './fleet.ts'
import { Markers } from './markers.ts'

const ACTS = [
  { title: 'A good release', play: goodRelease },
  { title: 'The gate is offered the defect of July 2024', play: gateRefuses },
  { title: 'It is published anyway, with stolen keys and a forged report', play: hostsRefuse },
  { title: 'A release kills the engine that activates it', play: engineDies },
  { title: 'A release after which canaries fall silent', play: hostsFallSilent },
  { title: 'The bad releases are recalled, the dead hosts restarted', play: recallAndRecover },
] as const

/** Inputs for each fuzzed parser: the drill is about rollouts, and its gate judges four releases. */
const FUZZ_EXECUTIONS = 1_000

/** Plays all acts on a throw-away server with nine real agents. Everything it starts, it ends. */
export async function drill(screen: Screen, interrupted: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-drill-'))
  const services = new ServiceGroup()
  const markers = new Markers()
  const watches: Watch[] = []
  const playing = playOn(folder, services, markers, watches, screen, interrupted)
  try {
    await Promise.race([playing, untilAborted(interrupted)])
  } finally {
    markers.stop()
    for (const watch of watches) await watch.close()
    await services.stop()
    await playing.catch(() => {}) // said already; it writes to the folder until it has ended
    await services.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function playOn(
  folder: string,
  services: ServiceGroup,
  markers: Markers,
  watches: Watch[],
  screen: Screen,
  interrupted: AbortSignal,
): Promise<void> {
  const startedAt = performance.now()
  const onStart = (service: Service) => services.add(service)
  screen.step(`Starting a throw-away server and ${FLEET_SIZE} real agents: canary 2, early 3, broad 4`)
  const state = join(folder, 'vendor')
  const deployment = await deploy({ state, port: 0, policy: DRILL_POLICY, tickMs: 100, onStart })
  const watch = new Watch(deployment.client)
  watches.push(watch)
  const starting = startFleet(folder, 'linux-baseline', deployment, watch, onStart)
  const hosts = await Promise.race([starting, services.failed])
  screen.done(`${hosts.length} agents report to ${deployment.operator.url}`)
  markers.start()
  const gatePolicy = await writeTrialPolicy(folder, { fuzzExecutions: FUZZ_EXECUTIONS })
  const common = { folder, deployment, watch, hosts, markers, onStart, published: new Map() }
  const stage: Stage = { ...common, refused: null, screen, interrupted, gatePolicy }
  const acts = await play(stage, screen)
  const seconds = Math.round((performance.now() - startedAt) / 100) / 10
  screen.result({ ok: true, acts, seconds }, table(acts))
}

async function play(stage: Stage, screen: Screen): Promise<readonly Act[]> {
  const acts: Act[] = []
  for (const [i, { title, play: playAct }] of ACTS.entries()) {
    screen.step(`Act ${i + 1}: ${title}`)
    try {
      const act = await playAct(stage)
      acts.push(act)
      screen.note(act.saw)
      screen.done(describe(act))
    } catch (error) {
      throw new CliError('cli/drill', `Act ${i + 1}, ${title}: ${errorMessage(error)}`, { acts }, error)
    }
  }
  return acts
}

function describe({ stoppedBy, exposed, haltSeconds, recoverMs }: Act): string {
  const parts = [`stopped by ${stoppedBy}`, `${exposed} of ${FLEET_SIZE} hosts exposed`]
  if (haltSeconds !== null) parts.push(`halted after ${haltSeconds} s`)
  if (recoverMs !== null) parts.push(`recovered in ${recoverMs} ms`)
  return parts.join(', ')
}

/** For people: the summary, one line an act. */
function table(acts: readonly Act[]): readonly string[] {
  const rows = acts.map((act, i) => [
    `${i + 1}. ${act.name}`,
    act.stoppedBy,
    `${act.exposed}/${FLEET_SIZE}`,
    act.haltSeconds === null ? '-' : `${act.haltSeconds} s`,
    act.recoverMs === null ? '-' : `${act.recoverMs} ms`,
  ])
  const all = [['act', 'stopped by', 'exposed', 'halted', 'recovered'], ...rows]
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0))) ?? []
  return [
    '',
    ...all.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ]
}
