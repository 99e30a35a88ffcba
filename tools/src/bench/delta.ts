import { applyDelta, compilePack, makeDelta, type ParsedPack, verifyImage } from '@firebreak/content'
import { type Figures, medianCpuMs, progress, rounded } from './measure.ts'
import { sigmaHq } from './packs.ts'
import { syntheticPack } from './synthetic-pack.ts'

const RUNS = 5
/** How many of the rules differ from one release to the next: a third of them changed, a third new and a third gone. */
const CHANGED_PERCENTS = [1, 10]

/**
 * What a host loads for a new release when it has the one before: bytes of the delta beside those of the image, neither
 * of them compressed, and the CPU time to make it and to link the new image from it.
 */
export async function delta(): Promise<Figures> {
  const sigma = await sigmaHq()
  if (sigma === null) progress('no SigmaHQ rules beside this repository: made-up rules are measured')
  const { name, pack } = sigma ?? syntheticPack()
  return {
    unit: 'bytes; ms of CPU, medians',
    runs: RUNS,
    pack: name,
    rules: pack.rules.length,
    releases: CHANGED_PERCENTS.map((percent) => figuresOf(pack, percent)),
  }
}

function figuresOf(pack: ParsedPack, changedPercent: number): Figures {
  const [before, after] = releasesOf(pack, changedPercent)
  const old = verifyImage(compilePack(before).image)
  const next = verifyImage(compilePack(after).image)
  const bytes = makeDelta(old, next)
  if (bytes === null) throw new Error('Cannot measure: the delta is larger than the image')
  const image = applyDelta(old, bytes)
  progress(`${changedPercent} % of the rules: ${bytes.length} bytes for an image of ${image.length}`)
  return {
    changedPercent,
    imageBytes: image.length,
    deltaBytes: bytes.length,
    deltaOverImage: rounded(bytes.length / image.length),
    makeMs: rounded(medianCpuMs(RUNS, () => makeDelta(old, next))),
    applyMs: rounded(medianCpuMs(RUNS, () => applyDelta(old, bytes))),
  }
}

/** Two packs that differ in so many of the rules. Rules that correlations name stay. */
function releasesOf(pack: ParsedPack, changedPercent: number): readonly [before: ParsedPack, after: ParsedPack] {
  const named = new Set(pack.correlations.flatMap(({ rules }) => rules))
  const touched = new Map<string, 'changed' | 'new' | 'gone'>()
  const kinds = ['changed', 'new', 'gone'] as const
  const free = pack.rules.filter(({ id }) => !named.has(id))
  // Evenly over the list, which is in the order of random ids.
  for (let i = 0; i < free.length; i += 100 / changedPercent) {
    const { id } = free[Math.floor(i)] ?? { id: '' }
    touched.set(id, kinds[touched.size % kinds.length] ?? 'changed')
  }
  const before = pack.rules.filter(({ id }) => touched.get(id) !== 'new')
  const after = pack.rules
    .filter(({ id }) => touched.get(id) !== 'gone')
    .map((rule) => (touched.get(rule.id) === 'changed' ? { ...rule, title: `${rule.title} (changed)` } : rule))
  return [
    { ...pack, rules: before },
    { ...pack, rules: after },
  ]
}
