import { FRAME, type Frame } from '@firebreak/api'
import { RecordBatchWriter } from '@firebreak/detect'
import { errorMessage, type Version } from '@firebreak/kernel'
import type { SlotImage } from '@firebreak/updater'
import { parseEventList } from './event-list.ts'
import { EngineSeat, type SeatEvents } from './supervisor/engine-seat.ts'

/** What an engine process said of an image and a list of events. The gate's evidence. */
export type Evaluation =
  | {
      readonly kind: 'ran'
      readonly engineVersion: Version
      /** For each event, by position: the rules that fired. */
      readonly verdicts: readonly { readonly caseIndex: number; readonly firedRuleIds: readonly string[] }[]
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/** No batch of one event takes longer, on any host that is alive. */
const ANSWER_TIMEOUT_MS = 10_000
/** The events of a test have none, so none passes between them. */
const NO_TIME = 0
const UNNAMED: SlotImage = { pack: 'candidate', version: '0.0.0', imageDigest: '0'.repeat(64) }

/**
 * Loads `image` in the real, confined engine process and has it judge each event in a batch of its own, so that every answer
 * belongs to one event. The engine's answers are counted, not believed: an event without an answer has no verdict.
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
  const writer = new RecordBatchWriter()
  const list = parseEventList(events).map((event) => {
    writer.add(event)
    return writer.finish()
  })
  const fired = new Map<number, readonly string[]>()
  let finish: (failure: { code: string; message: string } | null) => void = () => {}
  const finished = new Promise<{ code: string; message: string } | null>((resolve) => {
    finish = resolve
  })
  const answers: SeatEvents = {
    acknowledged(_, frame) {
      if (frame.sequence >= list.length || frame.aux !== 1) throw new Error('an answer without a verdict on its event')
      fired.set(frame.sequence, firedRules(frame))
      if (fired.size === list.length) finish(null)
    },
    died: (_, code, message) => finish({ code, message }),
  }
  const seat = new EngineSeat({ image: UNNAMED, bytes: image, tuning: null }, entry, readFolders, answers, engineArgs)
  const timer = setTimeout(() => {
    finish({ code: 'engine/no-answer', message: `${list.length - fired.size} events without an answer` })
  }, ANSWER_TIMEOUT_MS)
  try {
    const answer = await seat.loaded
    if (answer.kind !== 'ready') return { kind: 'failed', code: answer.code, message: answer.message }
    seat.activate()
    for (const [i, payload] of list.entries()) seat.judge({ sequence: i, count: 1, atSeconds: NO_TIME, payload })
    if (list.length === 0) finish(null)
    const failure = await finished
    if (failure) return { kind: 'failed', ...failure }
    const verdicts = list.map((_, i) => ({ caseIndex: i, firedRuleIds: fired.get(i) ?? [] }))
    return { kind: 'ran', engineVersion: answer.engineVersion, verdicts }
  } catch (error) {
    return { kind: 'failed', code: 'engine/bad-reply', message: errorMessage(error) }
  } finally {
    clearTimeout(timer)
    seat.retire()
    await seat.exited
  }
}

/** The rule ids in an acknowledgement: lines of JSON that the engine wrote. */
function firedRules(frame: Frame): readonly string[] {
  if (frame.type !== FRAME.ACK) return []
  const lines = Buffer.from(frame.payload).toString('utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => String((JSON.parse(line) as { ruleId?: unknown }).ruleId))
}
