import { compilePack, verifyImage } from '@firebreak/content'
import { createEngine, OPEN_CONTRACT } from '@firebreak/detect'
import { type Figures, medianCpuMs, progress, rounded } from './measure.ts'
import { type BenchPack, linuxBaseline, sigmaHq } from './packs.ts'

const RUNS = 9

/**
 * What it costs to make an image from rules that are read, to verify it, and to have an engine ready with it. The peer
 * is `JSON.parse` of the same rules as JSON: what a host would do at least, if it were sent rules and trusted them.
 */
export async function image(): Promise<Figures> {
  const sigma = await sigmaHq()
  if (sigma === null) progress('no SigmaHQ rules beside this repository: only linux-baseline is measured')
  const packs = [await linuxBaseline(), ...(sigma === null ? [] : [sigma])]
  return { unit: 'ms of CPU, medians', runs: RUNS, packs: packs.map(figuresOf) }
}

function figuresOf(one: BenchPack): Figures {
  const { name, pack, compiled, refused } = one
  progress(`${name}: ${compiled.rules.length} rules, ${refused} not supported`)
  const json = JSON.stringify({ rules: pack.rules, correlations: pack.correlations }, withoutTables)
  const compileMs = medianCpuMs(RUNS, () => compilePack(pack))
  const verifyMs = medianCpuMs(RUNS, () => verifyImage(compiled.image))
  const readyMs = medianCpuMs(RUNS, () => createEngine(verifyImage(compiled.image), OPEN_CONTRACT))
  const parseMs = medianCpuMs(RUNS, () => JSON.parse(json))
  return {
    pack: name,
    rules: compiled.rules.length,
    refused,
    imageBytes: compiled.image.length,
    jsonBytes: json.length,
    compileMs: rounded(compileMs),
    verifyMs: rounded(verifyMs),
    readyMs: rounded(readyMs),
    peer: { name: 'JSON.parse of the same rules', ms: rounded(parseMs) },
    readyOverPeer: rounded(readyMs / parseMs),
  }
}

/** Regular expressions travel as source: their programs belong to the compiler. */
function withoutTables(_: string, value: unknown): unknown {
  return ArrayBuffer.isView(value) ? undefined : value
}
