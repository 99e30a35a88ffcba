import { sha256Hex } from '@firebreak/crypto'
import { type Document, documentFormat, type Format } from '@firebreak/fuzz'
import { canonicalJson, fromBase64, type Json, jsonBytes, toBase64, utf8Decode, utf8Encode } from '@firebreak/kernel'

type Members = { readonly [key: string]: Json }

/** Documents of JSON. */
export const JSON_FORMAT: Format<Document> = documentFormat()

/** Documents that are accepted in their canonical form only; what has none is written as it comes. */
export const CANONICAL_FORMAT: Format<Document> = documentFormat({ parse: parsed, print: canonical })

/** TUF metadata whose keys have the ids that follow from them, wherever they are named: else no change of a key is read. */
export const METADATA_FORMAT: Format<Document> = documentFormat({
  parse: parsed,
  print: (root) => jsonBytes(withKeyIds(root)),
})

/** A signed envelope, in whose place its payload is changed: with base64 around it no change would be read. */
export const ENVELOPE_FORMAT: Format<Document> = documentFormat({
  parse: (input) => {
    const envelope = parsed(input)
    const payload = member(envelope, 'payload')
    if (typeof payload !== 'string' || !isMembers(envelope)) return undefined
    return { ...envelope, payload: parsed(fromBase64(payload)) }
  },
  print: (root) => {
    const payload = member(root, 'payload')
    const isWhole = !isMembers(root) || payload === null || typeof payload === 'string'
    return jsonBytes(isWhole ? root : { ...root, payload: toBase64(canonical(payload)) })
  },
})

function parsed(input: Uint8Array): Json {
  return JSON.parse(utf8Decode(input)) as Json
}

function canonical(root: Json): Uint8Array {
  try {
    return utf8Encode(canonicalJson(root))
  } catch {
    return jsonBytes(root) // a fraction, or too deep
  }
}

/** Whoever signed by a key that is changed signs by the new one too: signatures stand in for real ones. */
function withKeyIds(tree: Json): Json {
  const signed = member(tree, 'signed')
  if (!isMembers(tree) || signed === null) return tree
  let text = JSON.stringify(signed)
  const renamed: (readonly [old: string, right: string])[] = []
  for (const table of [member(signed, 'keys'), member(member(signed, 'delegations'), 'keys')]) {
    for (const [id, key] of isMembers(table) ? Object.entries(table) : []) {
      const right = idOf(key)
      // Short ones may be parts of anything.
      if (right === null || right === id || id.length <= 8) continue
      text = text.replaceAll(JSON.stringify(id), JSON.stringify(right))
      renamed.push([id, right])
    }
  }
  if (renamed.length === 0) return tree
  const signatures = member(tree, 'signatures')
  const both = (one: Json): readonly Json[] => [
    one,
    ...renamed.flatMap(([old, right]) =>
      isMembers(one) && member(one, 'keyid') === old ? [{ ...one, keyid: right }] : [],
    ),
  ]
  return {
    ...tree,
    signed: JSON.parse(text) as Json,
    signatures: Array.isArray(signatures) ? signatures.flatMap(both) : signatures,
  }
}

function member(tree: Json, key: string): Json {
  return isMembers(tree) && Object.hasOwn(tree, key) ? (tree[key] ?? null) : null
}

function isMembers(value: Json): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function idOf(key: Json): string | null {
  try {
    return sha256Hex(canonicalJson(key))
  } catch {
    return null // it has no canonical form: no id is right
  }
}
