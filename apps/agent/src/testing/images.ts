import { compilePack, compileTuning, parsePack, parseTuning, toSourceNode } from '@firebreak/content'
import { type HostEvent, RecordBatchWriter } from '@firebreak/detect'
import { jsonBytes, type Sha256Hex } from '@firebreak/kernel'
import type { SlotImage } from '@firebreak/updater'

export const PACK = 'fixture'

export interface TestImage {
  readonly slot: SlotImage
  readonly bytes: Uint8Array
  readonly digest: Sha256Hex
}

/** One rule: it fires on every process of this agent's tests. `field` makes the image need another field than Image. */
export function imageOf(version: string, field = 'Image'): TestImage {
  const manifest = { name: PACK, version, category: 'behavioural', minimumEngine: '1.0.0', description: 'For tests.' }
  const rule = {
    title: 'Any test event',
    id: '00000000-0000-4000-8000-000000000001',
    level: 'high',
    logsource: { category: 'process_creation', product: 'linux' },
    detection: { selection: { [`${field}|startswith`]: '/firebreak-test/' }, condition: 'selection' },
  }
  const { image, digest } = compilePack(
    parsePack({
      manifest: toSourceNode(manifest, 'pack.yaml'),
      rules: [{ file: 'rules/1.yml', nodes: [toSourceNode(rule, 'rules/1.yml')] }],
      tests: [],
      indicators: [],
    }),
  )
  return { bytes: image, digest, slot: { pack: PACK, version, imageDigest: digest } }
}

/** A tuning that takes the events with this number from the rule of `imageOf`. */
export function tuningWithout(number: string): { readonly digest: Sha256Hex; readonly bytes: Uint8Array } {
  const filter = {
    title: 'Not this number',
    logsource: { category: 'process_creation', product: 'linux' },
    filter: { rules: 'any', quiet: { CommandLine: number }, condition: 'not quiet' },
  }
  const parsed = parseTuning([{ file: 'filter.yml', nodes: [toSourceNode(filter, 'filter.yml')] }])
  const { image, digest } = compileTuning(parsed, { name: 'customer', version: '1.0.0' })
  return { digest, bytes: image }
}

/** Refused by contract: no engine supplies this field. */
export function imageOutOfContract(version: string): TestImage {
  return imageOf(version, 'TwentyFirst')
}

/** Events that the rule of `imageOf` fires on, each with its number in `CommandLine`. */
function eventsOf(numbers: readonly number[], command: string): readonly HostEvent[] {
  return numbers.map((number) => ({
    category: 'process_creation',
    product: 'linux',
    timeMs: 1,
    fields: { Image: `/firebreak-test/${command}`, CommandLine: String(number) },
  }))
}

/** As a sensor hands them over. */
export function events(numbers: readonly number[], command = 'nothing'): Uint8Array {
  return batchOf(eventsOf(numbers, command))
}

export function batchOf(list: readonly HostEvent[]): Uint8Array {
  const writer = new RecordBatchWriter()
  for (const event of list) writer.add(event)
  return writer.finish()
}

/** As the gate hands them over. */
export function eventList(numbers: readonly number[], command = 'nothing'): Uint8Array {
  return jsonBytes(eventsOf(numbers, command))
}

/** The numbers of the events in the engine's lines. */
export function numbersIn(lines: Uint8Array): readonly number[] {
  return Buffer.from(lines)
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { fields } = JSON.parse(line) as { fields: readonly { field: string; value: string }[] }
      return Number(fields.find(({ field }) => field === 'CommandLine')?.value)
    })
}
