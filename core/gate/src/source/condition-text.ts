/** Words of the condition's grammar, beside parentheses. */
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'of'])

/** `1 of PATTERN`, `all of PATTERN`, or with null one selection by its name. */
export interface Reference {
  readonly quantity: '1' | 'all' | null
  /** A name, a pattern with `*`, or `them`. */
  readonly pattern: string
  /** UTF-16 units of the condition before the pattern. */
  readonly offset: number
  /** As it is written, with the quantity. */
  readonly text: string
}

/** What a condition refers to, in its order. The condition has been accepted by the reader. */
export function referencesOf(condition: string): readonly Reference[] {
  const tokens = [...condition.matchAll(/[()]|[^\s()]+/g)]
  return tokens.flatMap(([word, ...rest], i): readonly Reference[] => {
    const { index } = tokens[i] ?? { index: 0 }
    const previous = tokens[i - 1]?.[0]
    const next = tokens[i + 1]?.[0]
    if (rest.length > 0 || word === '(' || word === ')' || WORDS.has(word) || next === 'of') return []
    if (previous !== 'of') return [{ quantity: null, pattern: word, offset: index, text: word }]
    const before = tokens[i - 2]
    const quantity = before?.[0] === 'all' ? 'all' : '1'
    const text = condition.slice(before?.index ?? index, index + word.length)
    return [{ quantity, pattern: word, offset: index, text }]
  })
}

/** `them` is every name that does not begin with an underscore. */
export function selects({ quantity, pattern }: Reference, name: string): boolean {
  if (quantity === null) return pattern === name
  if (pattern === 'them') return !name.startsWith('_')
  const expression = pattern.split('*').map((piece) => RegExp.escape(piece))
  return new RegExp(`^${expression.join('[^]*')}$`, 'u').test(name)
}
