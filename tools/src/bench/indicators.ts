import {
  buildIndicatorTables,
  IndicatorList,
  type IndicatorTables,
  parseIndicatorFile,
  Problems,
  readIndicatorSection,
  writeIndicatorSection,
} from '@firebreak/content'
import { IndicatorIndex } from '@firebreak/detect'
import { randomBytes } from 'node:crypto'
import { cpuMsOf, type Figures, median, medianCpuMs, progress, rounded } from './measure.ts'

const DIGESTS = 1_000_000
const DIGITS = 64
const LOOKUPS = 1_000_000
const RUNS = 5

/**
 * A million random SHA-256 as indicators: the bytes of their tables, and CPU time for one look-up in random order, of
 * digests that are there and of digests that are not. The peer is a `Set` of the same digests as hex text, which is looked up
 * with strings that are made already; `hitFromBytesNs` makes them of an event's bytes first, as an engine would have to.
 * `processMiB` is everything before the peer: the list's text too, which a host never has.
 */
export async function indicators(): Promise<Figures> {
  const known = hexDigests()
  const unknown = hexDigests()
  const list = new IndicatorList()
  const text = `type,value,description\n${lines(known, (digest) => `sha256,${digest},a feed`)}`
  const parseMs = cpuMsOf(() => parseIndicatorFile('feed.csv', text, list, new Problems()))
  let tables: IndicatorTables | null = null
  const buildMs = cpuMsOf(() => (tables = buildIndicatorTables(list)))
  if (tables === null) throw new Error('Cannot measure: no tables')
  const section = writeIndicatorSection(tables)
  const verifyMs = medianCpuMs(RUNS, () => readIndicatorSection(section))
  const index = new IndicatorIndex(readIndicatorSection(section))
  progress(`${DIGESTS} digests in ${section.byteLength} bytes`)
  const processMiB = rounded(process.memoryUsage.rss() / 2 ** 20)
  const hitNs = lookupNs((at) => index.findHash(known, at, at + DIGITS) >= 0, DIGESTS)
  const missNs = lookupNs((at) => index.findHash(unknown, at, at + DIGITS) >= 0, 0)
  return {
    digests: DIGESTS,
    unit: 'ns of CPU for one look-up, medians',
    tableBytes: section.byteLength,
    bytesPerDigest: rounded(section.byteLength / DIGESTS),
    hitNs,
    missNs,
    parseMs: rounded(parseMs),
    buildMs: rounded(buildMs),
    verifyMs: rounded(verifyMs),
    processMiB,
    peer: peer(known, unknown),
  }
}

function peer(known: Uint8Array, unknown: Uint8Array): Figures {
  const before = process.memoryUsage().heapUsed
  const there = Array.from({ length: DIGESTS }, (_, i) => hexAt(known, DIGITS * i))
  const set = new Set(there)
  const setBytes = process.memoryUsage().heapUsed - before
  const missing = Array.from({ length: DIGESTS }, (_, i) => hexAt(unknown, DIGITS * i))
  return {
    name: 'Set of hex text',
    heapBytes: setBytes,
    hitNs: lookupNs((at) => set.has(there[at / DIGITS] ?? ''), DIGESTS),
    missNs: lookupNs((at) => set.has(missing[at / DIGITS] ?? ''), 0),
    hitFromBytesNs: lookupNs((at) => set.has(hexAt(known, at)), DIGESTS),
  }
}

/** As the bytes of an event have them: 64 hex digits each, one after the other. */
function hexDigests(): Uint8Array {
  return Buffer.from(randomBytes((DIGESTS * DIGITS) / 2).toString('hex'), 'latin1')
}

function hexAt(digests: Uint8Array, at: number): string {
  return Buffer.from(digests.buffer, digests.byteOffset + at, DIGITS).toString('latin1')
}

function lines(digests: Uint8Array, line: (digest: string) => string): string {
  return Array.from({ length: DIGESTS }, (_, i) => line(hexAt(digests, DIGITS * i))).join('\n')
}

/** @param expected - how many look-ups must find something: nothing that is not looked up is measured */
function lookupNs(isFound: (at: number) => boolean, expected: number): number {
  const run = (): void => {
    let found = 0
    // Steps of a prime far from the order of the list: neighbours would be in the cache.
    for (let i = 0, entry = 0; i < LOOKUPS; i++, entry = (entry + 611_953) % DIGESTS)
      if (isFound(DIGITS * entry)) found++
    if (found !== expected) throw new Error(`Cannot measure: found ${found} of ${expected}`)
  }
  run()
  return rounded((median(Array.from({ length: RUNS }, () => cpuMsOf(run))) * 1e6) / LOOKUPS)
}
