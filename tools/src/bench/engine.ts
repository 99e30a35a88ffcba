import { verifyImage } from '@firebreak/content'
import { createEngine, ENGINE_CONTRACT, type HostEvent } from '@firebreak/detect'
import { benignEvents } from './events.ts'
import { cpuMsOf, type Figures, median, progress, rounded } from './measure.ts'
import { NaiveEngine } from './naive-engine.ts'
import { type BenchPack, linuxBaseline } from './packs.ts'

const EVENTS = 20_000
/** One event in so many is one that a rule of the pack has to match. */
const ATTACK_EVERY = 100
const RUNS = 7

/** Events per second of CPU over the starter pack, beside closures over RegExp that find the same. */
export async function engine(): Promise<Figures> {
  const one = await linuxBaseline()
  const events = mixed(one)
  const own = createEngine(verifyImage(one.compiled.image), ENGINE_CONTRACT)
  const naive = new NaiveEngine(one.pack.rules)
  const differences = events.filter(
    (event) =>
      !agree(
        own.evaluate(event).map(({ ruleId }) => ruleId),
        naive.evaluate(event),
      ),
  )
  if (differences.length > 0) throw new Error(`the engine and its peer differ on ${differences.length} events`)
  const [ownMs, naiveMs]: [number[], number[]] = [[], []]
  for (let run = 1; run <= RUNS; run++) {
    ownMs.push(cpuMsOf(() => judge(events, (event) => own.evaluate(event))))
    naiveMs.push(cpuMsOf(() => judge(events, (event) => naive.evaluate(event))))
    progress(`run ${run} of ${RUNS}: ${ownMs.at(-1)} ms, peer ${naiveMs.at(-1)} ms for ${EVENTS} events`)
  }
  const perSecond = (ms: readonly number[]): number => rounded((EVENTS / median(ms)) * 1000)
  return {
    rules: one.compiled.rules.length,
    indicators: one.compiled.indicatorCount,
    events: EVENTS,
    detections: events.reduce((sum, event) => sum + own.evaluate(event).length, 0),
    eventsPerCpuSecond: perSecond(ownMs),
    peer: { name: 'closures over RegExp, without indicators', eventsPerCpuSecond: perSecond(naiveMs) },
    overPeer: rounded(median(naiveMs) / median(ownMs)),
  }
}

function mixed({ pack }: BenchPack): readonly HostEvent[] {
  const attacks: readonly HostEvent[] = pack.tests.flatMap(({ logsource, match }) =>
    match.map(({ fields }) => ({
      category: logsource.category,
      product: logsource.product ?? 'linux',
      timeMs: 0,
      fields,
    })),
  )
  return benignEvents(EVENTS).map((event, i) => {
    return i % ATTACK_EVERY === 0 ? (attacks[(i / ATTACK_EVERY) % attacks.length] ?? event) : event
  })
}

/** The peer has no indicators. */
function agree(own: readonly string[], naive: readonly string[]): boolean {
  return own.filter((id) => !id.startsWith('indicator/')).join() === naive.join()
}

function judge(events: readonly HostEvent[], evaluate: (event: HostEvent) => readonly unknown[]): void {
  for (const event of events) evaluate(event)
}
