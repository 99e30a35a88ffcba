/** Words of the condition's grammar, beside parentheses. */
const WORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'of'])

/** `1 of PATTERN`, `all of PATTERN`, or with null one selection by its name. */
export interface Reference {
  readonly quantity: '1' | 'all' | null
  /** A name, a pattern with `*`, or `them`. */
  readonly pattern: string
}

/** What a condition refers to, in its order. The condition has been accepted by the reader. */
export function referencesOf(condition: string): readonly Reference[] {
  const words = condition.split(/[\s()]+/)
  return words.flatMap((pattern, i): readonly Reference[] => {
    if (pattern === '' || WORDS.has(pattern) || words[i + 1] === 'of') return []
    if (words[i - 1] !== 'of') return [{ quantity: null, pattern }]
    return [{ quantity: words[i - 2] === 'all' ? 'all' : '1', pattern }]
  })
}

/** `them` is every name that does not begin with an underscore. */
export function selects({ quantity, pattern }: Reference, name: string): boolean {
  if (quantity === null) return pattern === name
  if (pattern === 'them') return !name.startsWith('_')
  const expression = pattern.split('*').map((piece) => RegExp.escape(piece))
  return new RegExp(`^${expression.join('[^]*')}$`, 'u').test(name)
}
