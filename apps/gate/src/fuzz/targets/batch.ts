import { verifyImage } from '@firebreak/content'
import type { Detection } from '@firebreak/detect'
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
        if (detections === null) return found
        if (left === 0) throw new Error('a batch has more events than it says')
        found.push(...detections)
      }
    },
    refuses: oneOf(['detect/record-malformed']),
    fuel: { base: 20_000, each: 400 },
    bytes: { base: 65_536, each: 128 },
    describe: describeJson,
    whole: (input) => input.length,
    use: requireReportable,
  }
})
