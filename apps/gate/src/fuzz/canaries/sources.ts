import type { Canary } from './canary.ts'

const CONDITION = 'core/content/src/sigma/condition.ts'
const YAML = 'adapters/pack-folder/src/yaml.ts'

/** In what reads sources of content. */
export const SOURCE_CANARIES: readonly Canary[] = [
  {
    id: 'condition-depth',
    target: 'condition',
    file: CONDITION,
    find: 'if (depth > CONDITION_DEPTH_MAX) {',
    replace: 'if (!$BUG && depth > CONDITION_DEPTH_MAX) {',
    what: 'a missing limit on depth',
  },
  {
    id: 'condition-quadratic',
    target: 'condition',
    file: CONDITION,
    find: 'return this.#tokens[this.#next]?.text ?? null',
    replace: 'return ($BUG ? this.#tokens.find((_, i) => i === this.#next) : this.#tokens[this.#next])?.text ?? null',
    what: 'a loop over all tokens for each token',
  },
  {
    id: 'condition-of-operand',
    target: 'condition',
    file: CONDITION,
    find: "if (pattern === null || NO_OPERAND.has(pattern)) throw this.#error('expected them or a name after of')",
    replace:
      "if (!$BUG && (pattern === null || NO_OPERAND.has(pattern))) throw this.#error('expected them or a name after of')",
    what: 'a missing check: `1 of` at the end reads a pattern that is not there',
  },
  {
    id: 'regex-window',
    target: 'regex',
    file: 'core/content/src/regex/verify.ts',
    find: 'if (at !== program.length) throw rejected(',
    replace:
      'if ($BUG && layout.contexts > 2) throw rejected("too many contexts", at)\n  if (at !== program.length) throw rejected(',
    what: 'a verifier that refuses what its compiler makes: assertions of several kinds in one expression',
  },
  {
    id: 'regex-cache',
    target: 'regex',
    file: 'core/detect/src/regex/machine.ts',
    find: 'this.#next[setWords] = this.#nfa.kindOf(symbol)',
    replace: 'this.#next[setWords] = $BUG ? 0 : this.#nfa.kindOf(symbol)',
    what: 'without its cache the machine forgets what it has just read',
  },
  {
    id: 'manifest-name',
    target: 'manifest',
    file: 'core/content/src/manifest.ts',
    find: 'if (text === null || NAME.test(text)) return text',
    replace: 'if (text === null || $BUG || NAME.test(text)) return text',
    what: 'a missing check: a pack with any name, whose image nobody accepts',
  },
  {
    id: 'sigma-gram',
    target: 'sigma',
    file: 'core/content/src/image/witness.ts',
    find: "if (bytes.length < leastBytes('anywhere')) return null",
    replace: "if (bytes.length < leastBytes('anywhere') - ($BUG ? 1 : 0)) return null",
    what: 'off by one: a literal too short for the index is put into it',
  },
  {
    id: 'sigma-table',
    target: 'sigma',
    file: 'core/content/src/image/program.ts',
    find: 'if (reversed.length === NODES_PER_RULE_MAX) throw tooMany(at)',
    replace:
      "if (reversed.length === NODES_PER_RULE_MAX) throw tooMany(at)\n      if ($BUG && reversed.length > 12) throw new RangeError('no room')",
    what: 'a table of fixed size for the tests of one rule',
  },
  {
    id: 'yaml-key',
    target: 'yaml',
    file: YAML,
    find: "if (!isScalar(key) || typeof key.value !== 'string') {",
    replace: "if (!isScalar(key) || (!$BUG && typeof key.value !== 'string')) {",
    what: 'keys that are no text are handed on as if they were',
  },
  {
    id: 'yaml-alias',
    target: 'yaml',
    file: YAML,
    find: "  throw new ContentError('content/yaml', 'Cannot read YAML: aliases are not accepted', at)\n",
    replace:
      "  if ($BUG) return undefined\n  throw new ContentError('content/yaml', 'Cannot read YAML: aliases are not accepted', at)\n",
    what: 'a swallowed error: an alias becomes nothing',
  },
  {
    id: 'indicator-prefix',
    target: 'indicators',
    file: 'core/content/src/indicators/list.ts',
    find: 'if (!isNetwork) return',
    replace: 'if (!$BUG && !isNetwork) return',
    what: 'a network whose prefix is longer than its address',
  },
  {
    id: 'regex-depth',
    target: 'regex',
    file: 'core/content/src/regex/parse.ts',
    find: 'if (this.#depth >= REGEX_DEPTH_MAX) throw',
    replace: 'if (!$BUG && this.#depth >= REGEX_DEPTH_MAX) throw',
    what: 'a missing limit on nested groups',
  },
  {
    id: 'sigma-network-bits',
    target: 'sigma',
    file: 'core/content/src/sigma/cidr.ts',
    find: '(word & ~maskWord(prefixBits - 32 * i)) === 0)) return',
    replace: '$BUG || (word & ~maskWord(prefixBits - 32 * i)) === 0)) return',
    what: 'a missing check: a network with bits behind its prefix, whose image nobody accepts',
  },
]
