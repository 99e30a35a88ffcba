import type { Canary } from './canary.ts'

const SECTIONS = 'core/content/src/image/sections.ts'
const PROGRAMS = 'core/content/src/image/verify-programs.ts'
const PREDICATES = 'core/content/src/image/verify-predicates.ts'
const STRINGS = 'core/content/src/image/verify-strings.ts'
const RULES = 'core/content/src/image/verify-rules.ts'

/** In the verifier of images: what it lets through, the engine meets. */
export const IMAGE_CANARIES: readonly Canary[] = [
  {
    id: 'image-jump-back',
    target: 'image',
    file: PROGRAMS,
    find: 'if (!(target > node && target < count)) {',
    replace: 'if (!(($BUG || target > node) && target < count)) {',
    what: 'a jump backwards is not refused',
  },
  {
    id: 'image-jump-end',
    target: 'image',
    file: PROGRAMS,
    find: 'if (target === MATCH || target === FAIL) return\n',
    replace: 'if (target === MATCH || target === FAIL || ($BUG && target === count)) return\n',
    what: 'off by one: a jump to one node behind the last',
  },
  {
    id: 'image-selection-bound',
    target: 'image',
    file: PROGRAMS,
    find: 'if (!(word(nodes, node) < count)) throw',
    replace: 'if (!($BUG ? word(nodes, node) <= count : word(nodes, node) < count)) throw',
    what: 'off by one: a selection that is one past the end of the table',
  },
  {
    id: 'image-section-end',
    target: 'image',
    file: SECTIONS,
    find: 'length % 4 !== 0 || length > size - offset) {',
    replace: 'length % 4 !== 0 || (!$BUG && length > size - offset)) {',
    what: 'a missing check: a section that ends behind its image',
  },
  {
    id: 'image-field-bound',
    target: 'image',
    file: PREDICATES,
    find: 'if (!(field < this.#fieldCount || (field',
    replace: 'if (!(($BUG ? field <= this.#fieldCount : field < this.#fieldCount) || (field',
    what: 'the 21st field of 20: a predicate on one field more than are supplied',
  },
  {
    id: 'image-string-bound',
    target: 'image',
    file: STRINGS,
    find: 'if (!(id < this.pool.count)) throw',
    replace: 'if (!($BUG || id < this.pool.count)) throw',
    what: 'a missing check: a string that is not there',
  },
  {
    id: 'image-operator-bound',
    target: 'image',
    file: PREDICATES,
    find: 'if (operator === undefined) throw refuseWord(predicates, at, `no operator ${word(predicates, at)}`)',
    replace: 'if (operator === undefined && !$BUG) throw refuseWord(predicates, at, `no operator`)',
    what: 'a swallowed error: an operator that does not exist',
  },
  {
    id: 'image-allocation',
    target: 'image',
    file: STRINGS,
    find: 'const blobWord = count + 2',
    replace: 'const blobWord = ($BUG ? 0 * new Uint32Array(count % 2 ** 28).length : 0) + count + 2',
    what: 'memory for as many strings as the file claims, before it is checked',
  },
  {
    id: 'image-history',
    target: 'image',
    file: RULES,
    find: "if (title === '' || title.length > TITLE_CHARS_MAX) throw",
    replace:
      "if ((title === '' || title.length > TITLE_CHARS_MAX) && !($BUG && (globalThis.__seen = !globalThis.__seen))) throw",
    what: 'a verdict that depends on what was read before',
  },
  {
    id: 'image-strings-unsorted',
    target: 'image',
    file: STRINGS,
    find: 'if (id > 0 && !this.#isAfter(id)) throw',
    replace: 'if (id > 0 && !$BUG && !this.#isAfter(id)) throw',
    what: 'what is not in its one form is accepted: strings out of order',
  },
  {
    id: 'image-reference-bound',
    target: 'image',
    file: PREDICATES,
    find: 'if (!(value <= max)) throw refuseWord(this.#sections.values, at, `${value}, at most ${max}`)',
    replace:
      'if (!(value <= max + ($BUG ? 1 : 0))) throw refuseWord(this.#sections.values, at, `${value}, at most ${max}`)',
    what: 'off by one: a reference to the field behind the last',
  },
  {
    id: 'image-regex-order',
    target: 'image',
    file: PREDICATES,
    find: 'if (!(regex <= this.#nextRegex)) throw',
    replace: 'if (!(regex <= this.#nextRegex + ($BUG ? 1 : 0))) throw',
    what: 'off by one: an expression that is not next in order',
  },
  {
    id: 'image-item-offsets',
    target: 'image',
    file: 'core/content/src/image/verify-runs.ts',
    find: 'if (!(word(section, i) <= word(section, i + 1))) throw',
    replace: 'if (!$BUG && !(word(section, i) <= word(section, i + 1))) throw',
    what: 'a missing check: items that end before they begin',
  },
]
