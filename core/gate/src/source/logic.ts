import type { Condition, FieldTest, SigmaRule, Tree } from '@firebreak/content'

/** One text for everything that a rule asks of an event: equal texts are equal logic, whatever names the author gave. */
export function logicOf(rule: SigmaRule): string {
  const { category, product, service } = rule.logsource
  const selections = selectionTexts(rule)
  const condition = writeTree(rule.condition, ({ selection }) => selections[selection] ?? '')
  return JSON.stringify([category, product, service, condition])
}

/** By position: two selections that ask the same have one text. */
export function selectionTexts({ selections }: Pick<SigmaRule, 'selections'>): readonly string[] {
  return selections.map(({ test }) => writeTree(test, writeTest))
}

/** The order of alternatives, and of what must hold together, means nothing. */
function writeTree<Leaf extends { readonly kind: string }>(tree: Tree<Leaf>, write: (leaf: Leaf) => string): string {
  if (isNot(tree)) return `!(${writeTree(tree.child, write)})`
  if (!isJoin(tree)) return write(tree)
  const children = new Set(tree.children.map((child) => writeTree(child, write)))
  return `${tree.kind}(${[...children].toSorted().join(',')})`
}

function isNot<Leaf extends { readonly kind: string }>(
  tree: Tree<Leaf>,
): tree is { readonly kind: 'not'; readonly child: Tree<Leaf> } {
  return tree.kind === 'not'
}

function isJoin<Leaf extends { readonly kind: string }>(
  tree: Tree<Leaf>,
): tree is { readonly kind: 'all' | 'any'; readonly children: readonly Tree<Leaf>[] } {
  return tree.kind === 'all' || tree.kind === 'any'
}

function writeTest({ field, match }: FieldTest): string {
  if (match.kind === 'text') {
    const patterns = match.patterns.map(({ shape, text }) => `${shape} ${text}`).toSorted()
    return JSON.stringify([field, 'text', match.cased, patterns])
  }
  // Their programs follow from these.
  if (match.kind === 'regex') {
    return JSON.stringify([field, 'regex', match.regexes.map(({ source, flags }) => [source, flags])])
  }
  return JSON.stringify([field, match])
}

/** Selections that a condition may ask for both ways: each doubles the cases to try. */
const BOTH_WAYS_MAX = 12

/**
 * Whether a condition holds for no event, or for every event, whatever its selections find. Null: it depends, or there
 * are too many cases to try.
 */
export function constantOf(rule: SigmaRule): 'never' | 'always' | null {
  const texts = selectionTexts(rule)
  const name = (selection: number): string => texts[selection] ?? ''
  const wanted = new Set<string>()
  const unwanted = new Set<string>()
  notePolarity(rule.condition, true, (selection, isWanted) => (isWanted ? wanted : unwanted).add(name(selection)))
  // What is asked for one way only is set as suits: then only the others decide.
  const both = [...wanted].filter((one) => unwanted.has(one))
  if (both.length > BOTH_WAYS_MAX) return null
  let canHold = false
  let canFail = false
  for (let bits = 0; bits < 1 << both.length; bits++) {
    const isSet = new Map(both.map((text, i) => [text, ((bits >> i) & 1) === 1]))
    canHold ||= evaluate(rule.condition, (one) => isSet.get(name(one)) ?? wanted.has(name(one)))
    canFail ||= !evaluate(rule.condition, (one) => isSet.get(name(one)) ?? unwanted.has(name(one)))
  }
  if (canHold && canFail) return null
  return canHold ? 'always' : 'never'
}

function notePolarity(
  tree: Condition,
  isWanted: boolean,
  note: (selection: number, isWanted: boolean) => unknown,
): void {
  if (isNot(tree)) notePolarity(tree.child, !isWanted, note)
  else if (isJoin(tree)) for (const child of tree.children) notePolarity(child, isWanted, note)
  else note(tree.selection, isWanted)
}

function evaluate(tree: Condition, holds: (selection: number) => boolean): boolean {
  if (isNot(tree)) return !evaluate(tree.child, holds)
  if (!isJoin(tree)) return holds(tree.selection)
  const isTrue = (child: Condition): boolean => evaluate(child, holds)
  return tree.kind === 'all' ? tree.children.every(isTrue) : tree.children.some(isTrue)
}
