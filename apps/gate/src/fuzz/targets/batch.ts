import { verifyImage } from '@firebreak/content'
import type { Detection } from '@firebreak/detect'
import { Violation } from '../oracles.ts'
import { define, describeJson, oneOf } from './define.ts'
import { engineOf, requireReportable } from './hostile-events.ts'

/** Batches of events, as a sensor's process hands them to the engine's. */
export const createTarget = define<readonly Detection[]>((image) => {
  const engine = engineOf(verifyImage(image))
  return {
    parse: (input) => {
      const batch = engine.openBatch(input)
      const found: Detection[] = []
      for (let left = batch.count; ; left--) {
        const detections = batch.next()
        if (detections === null && left === 0) return found
        if (detections === null || left === 0) throw new Violation('disagreement', 'other events than it says')
        found.push(...detections)
      }
    },
    refuses: oneOf(['detect/record-malformed']),
    fuel: { base: 8_000, each: 120 },
    bytes: { base: 131_072, each: 64 },
    describe: describeJson,
    whole: (input) => input.length,
    use: requireReportable,
  }
})
