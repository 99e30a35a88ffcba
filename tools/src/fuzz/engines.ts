import { compilePack, type LogSource, parsePack, type SigmaSource, toSourceNode, verifyImage } from '@firebreak/content'
import {
  createEngine,
  type Detection,
  type Engine,
  type HostEvent,
  OPEN_CONTRACT,
  RecordBatchWriter,
} from '@firebreak/detect'
import { assert, utf8Encode } from '@firebreak/kernel'
import { parseYamlDocuments } from '@firebreak/pack-folder'
import {
  type ComparedEvent,
  createPlainEvaluator,
  type DeclaredSource,
  type Engine as Judge,
  flatten,
  parseEvent,
} from '@firebreak/plain-evaluator'
import { parseAllDocuments } from 'yaml'

/** One YAML file of rules. */
export interface RuleText {
  readonly file: string
  readonly text: string
}

export type Placeholders = Readonly<Record<string, readonly string[]>>

/** The engine and the plain evaluator over the same rules; each reads the YAML by itself. */
export interface Engines {
  readonly engine: Engine
  /** The engine on JSON. */
  readonly json: Judge
  /** The engine on the same event as a record of a sensor. */
  readonly record: Judge
  readonly plain: Judge
  /** Rules as the evaluator reads them. */
  readonly documents: readonly unknown[]
  /** What each of the two did not take. */
  readonly refused: { readonly engine: readonly string[]; readonly plain: readonly string[] }
}

const MANIFEST = {
  name: 'compared',
  version: '1.0.0',
  category: 'behavioural',
  minimumEngine: '1.0.0',
  description: 'x',
}

export function createEngines(files: readonly RuleText[], placeholders: Placeholders = {}): Engines {
  const rules = files.map(({ file, text }): SigmaSource => ({ file, nodes: parseYamlDocuments(text, file) }))
  const pack = parsePack({
    manifest: toSourceNode(MANIFEST, 'pack.yaml'),
    rules,
    tests: [],
    indicators: [],
    placeholders: toSourceNode(placeholders, 'placeholders.yaml'),
  })
  const documents = files.flatMap(({ text }) => parseAllDocuments(text).map((one) => one.toJS() as unknown))
  const evaluator = createPlainEvaluator(documents, { placeholders })
  // What is wrong with some rules is in the comparison; the others are compared all the same.
  const engine = createEngine(verifyImage(compilePack({ ...pack, diagnostics: [] }).image), OPEN_CONTRACT)
  return {
    engine,
    json: ({ json, source }) => {
      const bytes = utf8Encode(json)
      return idsOf(engine.evaluateJson(bytes, 0, bytes.length, logSource(source)))
    },
    record: (event) => judgeRecord(engine, event),
    plain: ({ json, source }) => evaluator.evaluate(parseEvent(json), source),
    documents,
    refused: {
      engine: pack.diagnostics.map(({ message, at }) => `${at.file}:${at.line} ${message}`),
      plain: evaluator.rejected.map(({ id, reason }) => `${id} ${reason}`),
    },
  }
}

/**
 * The event as a record can say it: no objects, and something that it was declared to be. Null when a field has several
 * values.
 */
export function asRecord({ json, source }: ComparedEvent): ComparedEvent | null {
  const fields = [...flatten(parseEvent(json))].filter(([, values]) => values.length > 0)
  if (fields.some(([, values]) => values.length > 1)) return null
  const event = Object.fromEntries(fields.map(([name, [value]]) => [name, value?.exact ?? null]))
  return { json: JSON.stringify(event), source: source ?? { category: 'none' } }
}

function judgeRecord(engine: Engine, { json, source }: ComparedEvent): readonly string[] {
  const { category, product, service } = source ?? {}
  const declared = { category: category ?? '', product: product ?? '', service: service ?? null }
  const writer = new RecordBatchWriter()
  writer.add({ ...declared, timeMs: 0, fields: JSON.parse(json) as HostEvent['fields'] })
  const batch = engine.openBatch(writer.finish())
  const found = idsOf(batch.next() ?? [])
  assert(batch.next() === null, 'a batch of one event has two')
  return found
}

/** A record has no field without a value, as JSON has: an empty list, or the object around others. */
export function hasBareField(json: string): boolean {
  return [...flatten(parseEvent(json)).values()].some((values) => values.length === 0)
}

/** Of one event each rule tells once. */
function idsOf(detections: readonly Detection[]): readonly string[] {
  return detections.map(({ ruleId }) => ruleId)
}

function logSource(source: DeclaredSource | undefined): LogSource | null {
  if (source === undefined) return null
  return { category: source.category ?? null, product: source.product ?? null, service: source.service ?? null }
}
