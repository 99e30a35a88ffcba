/**
 * Measures what events cost with one image, or with two in turns: a process of its own, confined as an engine is. Reads a request to
 * its end, answers it, ends.
 */
import { once } from 'node:events'
import { getHeapStatistics } from 'node:v8'
import { jsonBytes } from '@firebreak/kernel'
import { openPipes } from '@firebreak/linux/confined'
import { confineEngine } from '@firebreak/linux/engine'
import { type Meter, measure } from './measure.ts'
import { decodeRequest } from './protocol.ts'

const METER: Meter = {
  cpuNs() {
    const { user, system } = process.cpuUsage()
    return 1_000 * (user + system)
  },
  heldBytes() {
    // Twice: what the first round lets go of, the second collects.
    global.gc?.()
    global.gc?.()
    const { used_heap_size: heap, external_memory: external } = getHeapStatistics()
    return heap + external
  },
  sweep() {
    global.gc?.({ type: 'minor' })
  },
}

const { input, output } = openPipes()
// What is needed is imported and open by now; content comes only after the door is shut.
confineEngine()
const chunks: Buffer[] = []
input.on('data', (chunk: Buffer) => chunks.push(chunk))
await once(input, 'end')
output.end(jsonBytes(measure(decodeRequest(Buffer.concat(chunks)), METER)))
await once(output, 'finish')
process.exit(0)
