import type { PackSource, TextFile } from '@firebreak/content'
import { Random } from '@firebreak/fuzz'
import { entryOf, ruleAt, rulePlaces, textOf } from './source-edit.ts'

/** Rules of a candidate into which faults are seeded: more of them would only take longer, as a fault has one place. */
export const SLICE_RULES_MAX = 8

/** UTF-16 units of all indicator lists, or of all YARA files: more of them are left out, as each fault reads the whole slice again. */
const TEXT_CHARS_MAX = 65_536

/**
 * The pack as it is when it is small; of a larger one as many rules as the seed chooses, with their tests. Correlations and filters refer
 * to rules that may not be chosen, so a slice has none.
 */
export function sliceOf(source: PackSource, seed: number): PackSource {
  const lists = { indicators: short(source.indicators), yara: short(source.yara ?? []) }
  const places = rulePlaces(source)
  if (places.length <= SLICE_RULES_MAX) return { ...source, ...lists }
  const random = new Random(seed)
  const left = [...places]
  const chosen = Array.from({ length: SLICE_RULES_MAX }, () => left.splice(random.below(left.length), 1)).flat()
  const ids = new Set(chosen.map((place) => textOf(ruleAt(source, place), 'id')))
  const rules = source.rules.flatMap((one, file) => {
    const nodes = one.nodes.filter((_, node) => chosen.some((place) => place.file === file && place.node === node))
    return nodes.length === 0 ? [] : [{ ...one, nodes }]
  })
  const tests = source.tests.filter(({ node }) => entryOf(node, 'rule') !== null && ids.has(textOf(node, 'rule')))
  return { ...source, ...lists, rules, tests }
}

function short(files: readonly TextFile[]): readonly TextFile[] {
  return files.reduce((sum, { text }) => sum + text.length, 0) <= TEXT_CHARS_MAX ? files : []
}
