import type { LogSource, VerifiedImage } from '@firebreak/content'
import { createEngine, type Detection, ecsOf, type Engine, OPEN_CONTRACT, ocsfOf } from '@firebreak/detect'
import { Violation } from '../oracles.ts'
import { HOSTILE_LINES, recordBatch } from '../seeds/events.ts'

export const DECLARED: LogSource = { category: 'process_creation', product: 'linux', service: null }
const BATCH = recordBatch()
const END_MS = 1_000_000

/** An engine for an image, whatever engine the image asks for. */
export function engineOf(image: VerifiedImage): Engine {
  return createEngine(image, { ...OPEN_CONTRACT, engineVersion: image.minimumEngine })
}

/** No event makes the engine throw, nor try more nodes and predicates than there are. @returns what fired, in order */
export function judgeHostileEvents(engine: Engine, nodes: number, predicates: number): string {
  const fired: string[] = []
  const within = (judge: () => readonly Detection[] | null): void => {
    const before = engine.counters()
    for (const detection of judge() ?? []) fired.push(detection.ruleId)
    const { nodeVisits, predicateEvaluations } = engine.counters()
    if (nodeVisits - before.nodeVisits > nodes || predicateEvaluations - before.predicateEvaluations > predicates) {
      throw new Violation('fuel', 'more nodes or predicates for one event than the image has')
    }
  }
  for (const line of HOSTILE_LINES) {
    within(() => engine.evaluateJson(line, 0, line.length, null))
    within(() => engine.evaluateJson(line, 0, line.length, DECLARED))
  }
  const batch = engine.openBatch(BATCH)
  for (let left = batch.count; left > 0; left--) within(() => batch.next())
  within(() => engine.advance(END_MS))
  within(() => engine.flush())
  return fired.join(' ')
}

/** Whoever reports a detection can write it in every form. */
export function requireReportable(detections: readonly Detection[]): void {
  for (const detection of detections) {
    JSON.stringify(ecsOf(detection))
    JSON.stringify(ocsfOf(detection))
  }
}
