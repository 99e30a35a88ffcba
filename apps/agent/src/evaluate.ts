import type { Frame } from '@firebreak/api'
import { RecordBatchWriter } from '@firebreak/detect'
import { integer, object, type Version } from '@firebreak/kernel'
import type { SlotImage } from '@firebreak/updater'
import { parseEventList } from './event-list.ts'
import { EngineSeat, type SeatEvents } from './supervisor/engine-seat.ts'

/** What an engine process said of an image and a list of events. The gate's evidence. */
export type Evaluation =
  | {
      readonly kind: 'ran'
      readonly engineVersion: Version
      /** For each event, by position. */
      readonly verdicts: readonly EventVerdict[]
    }
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly message: string
      /** Events that it had answered by then: when it died, it was of the next one. */
      readonly answered: number
    }

/** What one event made an engine do. */
export interface EventWork {
  readonly nodeVisits: number
  readonly predicateEvaluations: number
}

export interface EventVerdict {
  readonly caseIndex: number
  /** The rules that fired. */
  readonly firedRuleIds: readonly string[]
  readonly work: EventWork
}

/** An engine that is silent for so long, and did not even want a CPU, answers no more. */
const SILENCE_MS = 10_000
/** What one event may take, however little of a CPU the engine gets. */
const EVENT_CPU_MS_MAX = 5_000
/** The events of a test have none, so none passes between them. */
const NO_TIME = 0
const NO_EVENTS = new RecordBatchWriter().finish()
const UNNAMED: SlotImage = { pack: 'candidate', version: '0.0.0', imageDigest: '0'.repeat(64) }

const work = object<EventWork>({
  nodeVisits: integer(0, Number.MAX_SAFE_INTEGER),
  predicateEvaluations: integer(0, Number.MAX_SAFE_INTEGER),
})

/**
 * Loads `image` in the real, confined engine process and has it judge each event in a batch of its own, so that every answer
 * belongs to one event. The engine's answers are counted and come in turn; they are not believed: an event without an answer has no
 * verdict, and an answer without an event ends it.
 *
 * @param events - as parseEventList takes them
 * @param engineArgs - of the engine's process: what inputs supply besides
 * @throws KernelError kernel/malformed | DetectError detect/record-*: what was given are no events
 */
export async function evaluate(
  image: Uint8Array,
  events: Uint8Array,
  entry: string,
  readFolders: readonly string[],
  engineArgs: readonly string[] = [],
): Promise<Evaluation> {
  const batches = recordBatches(events)
  const answers = new Answers(batches.length)
  const content = { image: UNNAMED, bytes: image, tuning: null }
  const seat = new EngineSeat(content, entry, readFolders, answers, engineArgs)
  try {
    const answer = await seat.loaded
    if (answer.kind !== 'ready') return failed(answer, 0)
    seat.activate()
    for (const [i, payload] of batches.entries()) seat.judge({ sequence: i, count: 1, atSeconds: NO_TIME, payload })
    // A sign of life behind them all: a second answer to the last event would come before it.
    seat.judge({ sequence: batches.length, count: 0, atSeconds: NO_TIME, payload: NO_EVENTS })
    const failure = await answers.all(seat)
    if (failure) return failed(failure, answers.verdicts.length)
    return { kind: 'ran', engineVersion: answer.engineVersion, verdicts: answers.verdicts }
  } finally {
    seat.retire()
    await seat.exited
  }
}

interface Failure {
  readonly code: string
  readonly message: string
}

function failed({ code, message }: Failure, answered: number): Evaluation {
  return { kind: 'failed', code, message, answered }
}

function recordBatches(events: Uint8Array): readonly Uint8Array[] {
  const writer = new RecordBatchWriter()
  return parseEventList(events).map((event) => {
    writer.add(event)
    return writer.finish()
  })
}

/** The answers to `count` events and to the sign of life behind them, each in its turn. What throws here ends the engine as a liar. */
class Answers implements SeatEvents {
  readonly verdicts: EventVerdict[] = []
  readonly #count: number
  #isWhole = false
  readonly #end = Promise.withResolvers<Failure | null>()

  constructor(count: number) {
    this.#count = count
  }

  acknowledged(_: EngineSeat, frame: Frame): void {
    const caseIndex = this.verdicts.length
    if (this.#isWhole || frame.sequence !== caseIndex) throw new Error('an answer out of its turn')
    this.#isWhole = caseIndex === this.#count
    if (frame.aux !== (this.#isWhole ? 0 : 1)) throw new Error('an answer without a verdict on its event')
    if (this.#isWhole) this.#end.resolve(null)
    else this.verdicts.push({ caseIndex, ...readLines(frame) })
  }

  died(_: EngineSeat, code: string, message: string): void {
    this.#end.resolve({ code, message })
  }

  /** Waits as long as they come, and for an engine that gets no CPU; null when all have come. */
  async all(seat: EngineSeat): Promise<Failure | null> {
    let seen = { answered: 0, cpuMs: seat.usage()?.cpuMs ?? 0 }
    const timer = setInterval(() => {
      const usage = seat.usage()
      const isStarved = usage?.state === 'running' && usage.cpuMs - seen.cpuMs < EVENT_CPU_MS_MAX
      if (this.verdicts.length > seen.answered) {
        seen = { answered: this.verdicts.length, cpuMs: usage?.cpuMs ?? 0 }
      } else if (!isStarved) {
        const left = this.#count - this.verdicts.length
        this.#end.resolve({ code: 'engine/no-answer', message: `${left} events without an answer` })
      }
    }, SILENCE_MS)
    try {
      return await this.#end.promise
    } finally {
      clearInterval(timer)
    }
  }
}

/** The engine's words, which may be anything: the rules that fired, a line each, and behind them what the event took. */
function readLines(frame: Frame): Omit<EventVerdict, 'caseIndex'> {
  const lines = Buffer.from(frame.payload).toString('utf8').trimEnd().split('\n')
  const last = lines.pop() ?? ''
  if (lines.length !== frame.count) throw new Error('an answer with another number of detections than it says')
  const firedRuleIds = lines.map((line) => String((JSON.parse(line) as { ruleId?: unknown }).ruleId))
  return { firedRuleIds, work: work(JSON.parse(last), 'work') }
}
