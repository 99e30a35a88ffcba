import { type Json, jsonBytes, utf8Decode } from '@firebreak/kernel'
import type { Format } from '../format.ts'
import { changesOf } from '../random.ts'
import { changed, nodesOf } from './change.ts'
import { swept } from './sweep.ts'
import { slipsOf, withSlip } from './syntax.ts'

/** A document, which may be `null` itself. */
export interface Document {
  readonly root: Json
  /** Bytes in place of what would be printed: with a slip of syntax. */
  readonly text?: Uint8Array
}

export interface DocumentOptions {
  /** Throws, or answers undefined, when the bytes are no such document. */
  readonly parse: (input: Uint8Array) => unknown
  readonly print: (root: Json) => Uint8Array
}

/** One changed document in so many has a slip of syntax. */
const SLIP_ONE_IN = 8
/** Changes multiply: a copy of copies of copies. What is larger than this in the end is no input. */
const NODES_MAX = 65_536
/** Levels of nesting; deeper documents are bytes to us, since what walks them is recursive. */
const DEPTH_MAX = 1024

const JSON_TEXT: DocumentOptions = {
  parse: (input) => JSON.parse(utf8Decode(input)) as unknown,
  print: jsonBytes,
}

/**
 * Documents of lists, dictionaries and single values: JSON, or what `options` reads and writes (YAML, several documents in one, a
 * signed one).
 */
export function documentFormat({ parse, print }: DocumentOptions = JSON_TEXT): Format<Document> {
  return {
    decode: (input) => {
      try {
        const root = parse(input)
        return root === undefined || isDeeper(root, DEPTH_MAX) ? null : { root: root as Json }
      } catch {
        return null
      }
    },
    encode: ({ root, text }) => text ?? print(root),
    mutate: ({ root }, material) => {
      const { random } = material
      const hints = { ...material, other: material.other?.root ?? null }
      // A slip alone is in a document that is otherwise right.
      const slips = random.oneIn(SLIP_ONE_IN)
      let next = root
      for (let left = slips ? random.below(2) : changesOf(random); left > 0; left--) {
        const grown = changed(next, hints)
        if (nodesOf(grown, NODES_MAX) <= NODES_MAX) next = grown
      }
      return slips ? { root: next, text: withSlip(print(next), random) } : { root: next }
    },
    sweep: function* sweep({ root }) {
      for (const next of swept(root)) yield { root: next }
      for (const text of slipsOf(print(root))) yield { root, text }
    },
    parts: ({ root }) => nodesOf(root) - 1,
    without: ({ root }, from, to) => ({ root: new Removal(from, to).of(root) }),
    repair: null,
  }
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth === 0 || Object.values(value).some((child) => isDeeper(child, depth - 1))
}

/** Takes away the parts of a range. Whoever holds a part that goes, goes on counting in it. */
class Removal {
  readonly #from: number
  readonly #to: number
  #next = 0

  constructor(from: number, to: number) {
    this.#from = from
    this.#to = to
  }

  of(value: Json): Json {
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.flatMap((child: Json) => (this.#goes(child) ? [] : [this.of(child)]))
    const kept: [string, Json][] = []
    for (const [key, child] of Object.entries(value)) {
      if (!this.#goes(child)) kept.push([key, this.of(child)])
    }
    return Object.fromEntries(kept)
  }

  #goes(child: Json): boolean {
    const number = this.#next++
    const goes = number >= this.#from && number < this.#to
    if (goes) this.#next += nodesOf(child) - 1
    return goes
  }
}
