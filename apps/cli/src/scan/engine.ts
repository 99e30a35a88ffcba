import { describeSource, type LogSource, verifyImage } from '@firebreak/content'
import { createEngine, type Detection, type Engine, OPEN_CONTRACT } from '@firebreak/detect'

/** What somebody says about events that don't say it themselves. */
export interface DeclaredSource {
  readonly product?: string | undefined
  readonly category?: string | undefined
  readonly service?: string | undefined
}

/** The engine as a scan uses it: one event at a time, as bytes. */
export interface ScanEngine extends Pick<Engine, 'flush' | 'counters' | 'lastRefusal'> {
  evaluate(bytes: Uint8Array, from: number, to: number): readonly Detection[]
  /** Events by log source of the rules that they reached; one event may be of several. */
  logSources(): ReadonlyMap<string, number>
}

/**
 * Makes a compiled image ready for events from files. A file supplies what is in it: an absent field is absent, whatever
 * rules ask for.
 *
 * @throws ContentError content/image-*, DetectError detect/engine-too-old | detect/unsupplied-feature
 */
export function openScanEngine(image: Uint8Array, declared: DeclaredSource): ScanEngine {
  const engine = createEngine(verifyImage(image), OPEN_CONTRACT)
  const source = logSourceOf(declared)
  return {
    evaluate: (bytes, from, to) => engine.evaluateJson(bytes, from, to, source),
    flush: () => engine.flush(),
    counters: () => engine.counters(),
    get lastRefusal() {
      return engine.lastRefusal
    },
    logSources: () => new Map(engine.logSources().map((one) => [describeSource(one.source), one.events])),
  }
}

function logSourceOf({ product, category, service }: DeclaredSource): LogSource | null {
  if (product === undefined && category === undefined && service === undefined) return null
  return { category: category ?? null, product: product ?? null, service: service ?? null }
}
