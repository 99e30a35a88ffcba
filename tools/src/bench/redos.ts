import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { gunzipSync } from 'node:zlib'
import { compileRegex, regexCost } from '@firebreak/content'
import { createRegexMachine } from '@firebreak/detect'
import { benignEvents } from './events.ts'
import { type Figures, progress, rounded } from './measure.ts'
import type { PeerReport, PeerTask } from './redos-peer.ts'
import { type RegexRule, type RegexUse, sigmaRules, syntheticRules } from './redos-rules.ts'
import { type HostileText, hostileTexts } from './redos-texts.ts'

const SHARED = path.join(import.meta.dirname, '../../../../shared/data')
const TEXT_BYTES = 32_768
/** The least of so many, each by a machine that has met nothing: the rest is what else the computer does. */
const RUNS = 5
/** JavaScript gets so long for one text, and so long for all texts of an expression. */
const PEER_TEXT_MS_MAX = 500
const PEER_TOTAL_MS_MAX = 4_000
const PEER_CHECK_MS = 50
const PEER_SIZES = [512, 1_024, 2_048, 4_096, 8_192, 16_384, TEXT_BYTES]
const TABLE_ROWS = 12
const ORDINARY_TEXTS = 200
const ORDINARY_ROUNDS = 10

interface Measured {
  readonly use: RegexUse
  readonly rules: readonly string[]
  readonly texts: readonly HostileText[]
  readonly worst: { readonly ms: number; readonly text: string }
  readonly steps: number
}

interface PeerResult {
  /** Of the last size that was measured whole. */
  readonly ms: number
  readonly bytes: number
  /** The size at which it ran out of time, or null. */
  readonly over: number | null
}

/** The dearest regular expressions on texts made for them, beside JavaScript's own RegExp in a thread that can be ended. */
export async function redos(): Promise<Figures> {
  const known = sigmaRules(path.join(SHARED, 'sigma'))
  const rules = known ?? syntheticRules()
  const distinct = distinctRegexes(rules)
  progress(`${distinct.length} regular expressions of ${rules.length} rules`)
  // Once for the optimising compiler; the second pass counts.
  for (const one of distinct.slice(0, 40)) measure(one, 1)
  const measured = distinct.map((one) => measure(one, RUNS)).toSorted((a, b) => b.worst.ms - a.worst.ms)
  const peers = new Map<Measured, PeerResult>()
  for (const [i, one] of measured.entries()) {
    peers.set(one, await runPeer(one))
    if (i % 20 === 0) progress(`JavaScript: ${i} of ${measured.length}`)
  }
  const [worst] = measured
  if (worst === undefined) throw new Error('there are no regular expressions')
  return {
    rules: rules.length,
    ruleSet: known === null ? 'synthetic, of the same shapes' : 'SigmaHQ',
    regexes: distinct.length,
    textBytes: TEXT_BYTES,
    textsPerRegexMin: Math.min(...measured.map(({ texts }) => texts.length)),
    worstMs: rounded(worst.worst.ms),
    worst: row(worst, peers),
    worstRule: worstRule(rules, measured),
    stepsPerCharacterMax: Math.max(...measured.map(({ steps }) => steps)),
    peerOverLimit: [...peers.values()].filter(({ over }) => over !== null).length,
    ordinary: ordinary(distinct.map(({ use }) => use)),
    table: dearest(measured, peers).map((one) => row(one, peers)),
  }
}

function distinctRegexes(rules: readonly RegexRule[]): readonly { readonly use: RegexUse; readonly rules: string[] }[] {
  const found = new Map<string, { readonly use: RegexUse; readonly rules: string[] }>()
  for (const { title, regexes } of rules) {
    for (const use of regexes) {
      const one = found.get(keyOf(use)) ?? { use, rules: [] }
      one.rules.push(title)
      found.set(keyOf(use), one)
    }
  }
  return [...found.values()]
}

function keyOf({ source, flags }: RegexUse): string {
  return JSON.stringify([source, flags])
}

function measure(
  { use, rules }: { readonly use: RegexUse; readonly rules: readonly string[] },
  runs: number,
): Measured {
  const program = compileRegex(use.source, use.flags)
  const texts = hostileTexts(use.source, TEXT_BYTES)
  const leastMs = texts.map(() => Infinity)
  for (let run = 0; run < runs; run++) {
    for (const [i, { bytes }] of texts.entries()) {
      const machine = createRegexMachine(program)
      const before = performance.now()
      machine.matches(bytes, 0, bytes.length)
      leastMs[i] = Math.min(leastMs[i] ?? Infinity, performance.now() - before)
    }
  }
  const ms = Math.max(...leastMs)
  const worst = { ms, text: texts[leastMs.indexOf(ms)]?.description ?? '' }
  return { use, rules, texts, worst, steps: regexCost(program) }
}

/** As if each regular expression of the rule met the text that is worst for it. */
function worstRule(rules: readonly RegexRule[], measured: readonly Measured[]): Figures {
  const costs = new Map(measured.map(({ use, worst }) => [keyOf(use), worst.ms]))
  const sums = rules.map(({ title, regexes }) => ({
    title,
    regexes: regexes.length,
    ms: regexes.reduce((sum, use) => sum + (costs.get(keyOf(use)) ?? 0), 0),
  }))
  const [most] = sums.toSorted((a, b) => b.ms - a.ms)
  return { title: most?.title ?? '', regexes: most?.regexes ?? 0, ms: rounded(most?.ms ?? 0) }
}

async function runPeer({ use, texts }: Measured): Promise<PeerResult> {
  const { source, flags } = javaScript(use)
  const task: PeerTask = { source, flags, texts: texts.map(({ bytes }) => bytes), sizes: PEER_SIZES }
  const worker = new Worker(new URL('./redos-peer.ts', import.meta.url), { workerData: task })
  const started = performance.now()
  let heard = started
  let result: PeerResult = { ms: 0, bytes: 0, over: null }
  let size = 0
  const ended = Promise.withResolvers<undefined>()
  worker.on('message', (report: PeerReport) => {
    heard = performance.now()
    size = report.size
    if (report.worstMs !== null) result = { ms: report.worstMs, bytes: report.size, over: null }
  })
  worker.on('error', ended.reject)
  worker.on('exit', () => ended.resolve(undefined))
  const watch = setInterval(() => {
    const now = performance.now()
    const late = heard !== started && now - heard > PEER_TEXT_MS_MAX
    if (!late && now - started < PEER_TOTAL_MS_MAX) return
    clearInterval(watch)
    result = { ...result, over: size }
    void worker.terminate()
  }, PEER_CHECK_MS)
  try {
    await ended.promise
  } finally {
    clearInterval(watch)
  }
  return result
}

/** Sigma writes flags in front; JavaScript wants them behind. */
function javaScript({ source, flags }: RegexUse): { readonly source: string; readonly flags: string } {
  const [written = '', inline = ''] = /^\(\?([ims]+)\)/.exec(source) ?? []
  const letters = `${flags.ignoreCase ? 'i' : ''}${flags.multiline ? 'm' : ''}${flags.dotAll ? 's' : ''}${inline}`
  return { source: source.slice(written.length), flags: [...new Set(letters)].join('') }
}

/** The dearest for us, then the dearest for JavaScript. */
function dearest(measured: readonly Measured[], peers: ReadonlyMap<Measured, PeerResult>): readonly Measured[] {
  const dear = (one: Measured): number => {
    const { ms = 0, over = null } = peers.get(one) ?? {}
    return over === null ? ms : 1e9 / over
  }
  const forPeer = measured.toSorted((a, b) => dear(b) - dear(a))
  return [...new Set([...measured.slice(0, TABLE_ROWS), ...forPeer.slice(0, TABLE_ROWS)])]
}

function row({ use, rules, worst, steps }: Measured, peers: ReadonlyMap<Measured, PeerResult>): Figures {
  const peer = [...peers].find(([one]) => one.use === use)?.[1]
  const jsMs =
    peer === undefined || peer.over === null
      ? rounded(peer?.ms ?? 0)
      : `over ${PEER_TEXT_MS_MAX} ms at ${peer.over} bytes (${rounded(peer.ms)} ms at ${peer.bytes})`
  return { rule: rules[0] ?? '', source: use.source, text: worst.text, oursMs: rounded(worst.ms), jsMs, steps }
}

/** Nanoseconds for one expression on one ordinary command line. */
function ordinary(uses: readonly RegexUse[]): Figures {
  const lines = commandLines()
  const bytes = lines.map((line) => new TextEncoder().encode(line))
  const machines = uses.map(({ source, flags }) => createRegexMachine(compileRegex(source, flags)))
  const expressions = uses.map((use) => {
    const { source, flags } = javaScript(use)
    return new RegExp(source, flags)
  })
  const own = nsPerTest(uses.length * lines.length, () =>
    machines.reduce((sum, one) => sum + bytes.filter((line) => one.matches(line, 0, line.length)).length, 0),
  )
  const peer = nsPerTest(uses.length * lines.length, () =>
    expressions.reduce((sum, one) => sum + lines.filter((line) => one.test(line)).length, 0),
  )
  const characters = lines.reduce((sum, line) => sum + line.length, 0)
  return {
    lines: lines.length,
    charactersMean: rounded(characters / lines.length),
    oursNs: own.ns,
    jsNs: peer.ns,
    oursHits: own.hits,
    jsHits: peer.hits,
  }
}

function nsPerTest(tests: number, work: () => number): { readonly ns: number; readonly hits: number } {
  let best = Infinity
  let hits = 0
  for (let round = 0; round < ORDINARY_ROUNDS; round++) {
    const before = performance.now()
    hits = work()
    best = Math.min(best, performance.now() - before)
  }
  return { ns: rounded((best * 1e6) / tests), hits }
}

function commandLines(): readonly string[] {
  const events = path.join(SHARED, 'events/windows-10k.jsonl.gz')
  const all = existsSync(events)
    ? [
        ...gunzipSync(readFileSync(events))
          .toString('utf8')
          .matchAll(/"CommandLine":("(?:[^"\\]|\\.)*")/g),
      ].map(([, text = '""']) => String(JSON.parse(text)))
    : benignEvents(4 * ORDINARY_TEXTS).map(({ fields }) => String(fields['CommandLine'] ?? ''))
  return [...new Set(all)].filter((line) => line !== '').slice(0, ORDINARY_TEXTS)
}
