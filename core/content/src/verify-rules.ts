import { FAIL, MATCH, NODE_WORDS, NONE, PREDICATE_WORDS, RULE, RULE_WORDS } from './image-format.ts'
import { recordCount, refuseWord, type Sections, word } from './image-sections.ts'
import {
  LOGSOURCE_CHARS_MAX,
  NODES_MAX,
  NODES_PER_RULE_MAX,
  RULES_MAX,
  TAG_CHARS_MAX,
  TAGS_MAX,
  TITLE_CHARS_MAX,
} from './limits.ts'
import { RULE_ID, SIGMA_LEVELS } from './sigma.ts'
import type { DeclaredFields } from './verify-fields.ts'
import type { StringTable } from './verify-strings.ts'

/** Where the next rule has to start, and the first predicate that no rule has used yet. */
interface Cursor {
  readonly tag: number
  readonly node: number
  readonly predicate: number
}

/** Rules sorted by id, each with its own run of tags and of nodes; every jump goes forward, inside the rule. */
export function verifyRules(sections: Sections, strings: StringTable, fields: DeclaredFields): void {
  const { rules, tags, nodes, predicates } = sections
  const count = recordCount(rules, RULE_WORDS, RULES_MAX)
  recordCount(nodes, NODE_WORDS, NODES_MAX)
  let cursor: Cursor = { tag: 0, node: 0, predicate: 0 }
  for (let i = 0; i < count; i++) {
    const at = RULE_WORDS * i
    if (i > 0 && !(word(rules, at) > word(rules, at - RULE_WORDS))) throw refuseWord(rules, at, 'not sorted')
    verifyText(sections, at, strings)
    const tag = verifyTags(sections, at, strings, cursor.tag)
    const predicate = verifyProgram(sections, at, fields, cursor)
    cursor = { tag, node: cursor.node + word(rules, at + RULE.nodeCount), predicate }
  }
  if (cursor.tag !== tags.words.length) throw refuseWord(tags, cursor.tag, 'tags that no rule has')
  if (cursor.node !== nodes.words.length / NODE_WORDS) {
    throw refuseWord(nodes, NODE_WORDS * cursor.node, 'nodes that no rule has')
  }
  if (cursor.predicate !== predicates.words.length / PREDICATE_WORDS) {
    throw refuseWord(predicates, PREDICATE_WORDS * cursor.predicate, 'a predicate that no rule uses')
  }
}

function verifyText({ rules }: Sections, at: number, strings: StringTable): void {
  if (!RULE_ID.test(strings.named(rules, at + RULE.id))) throw refuseWord(rules, at + RULE.id, 'not a rule id')
  const title = strings.named(rules, at + RULE.title)
  if (title === '' || title.length > TITLE_CHARS_MAX) throw refuseWord(rules, at + RULE.title, 'not a title')
  const level = strings.named(rules, at + RULE.level)
  if (!(SIGMA_LEVELS as readonly string[]).includes(level)) throw refuseWord(rules, at + RULE.level, 'not a level')
  const category = strings.named(rules, at + RULE.category)
  const product = word(rules, at + RULE.product) === NONE ? '' : strings.named(rules, at + RULE.product)
  if (category.length > LOGSOURCE_CHARS_MAX || product.length > LOGSOURCE_CHARS_MAX) {
    throw refuseWord(rules, at + RULE.category, 'not a log source')
  }
}

/** Returns the next free tag. */
function verifyTags({ rules, tags }: Sections, at: number, strings: StringTable, first: number): number {
  const count = word(rules, at + RULE.tagCount)
  if (word(rules, at + RULE.firstTag) !== first)
    throw refuseWord(rules, at + RULE.firstTag, 'tags are not next in order')
  if (!(count <= TAGS_MAX && first + count <= tags.words.length)) {
    throw refuseWord(rules, at + RULE.tagCount, `${count} tags`)
  }
  for (let tag = first; tag < first + count; tag++) {
    if (strings.named(tags, tag).length > TAG_CHARS_MAX) throw refuseWord(tags, tag, 'a tag is too long')
  }
  return first + count
}

/** Returns the next predicate that no rule has used: predicates are numbered in the order of first use. */
function verifyProgram(sections: Sections, at: number, fields: DeclaredFields, cursor: Cursor): number {
  const { rules, nodes, predicates } = sections
  const count = word(rules, at + RULE.nodeCount)
  if (word(rules, at + RULE.firstNode) !== cursor.node) {
    throw refuseWord(rules, at + RULE.firstNode, 'nodes are not next in order')
  }
  if (!(count >= 1 && count <= NODES_PER_RULE_MAX && NODE_WORDS * (cursor.node + count) <= nodes.words.length)) {
    throw refuseWord(rules, at + RULE.nodeCount, `${count} nodes`)
  }
  let unused = cursor.predicate
  for (let i = 0; i < count; i++) {
    const node = NODE_WORDS * (cursor.node + i)
    const predicate = word(nodes, node)
    if (!(predicate <= unused && PREDICATE_WORDS * predicate < predicates.words.length)) {
      throw refuseWord(nodes, node, `predicate ${predicate} is not in order`)
    }
    if (predicate === unused) unused++
    if (fields.categoryOf(word(predicates, PREDICATE_WORDS * predicate + 1)) !== word(rules, at + RULE.category)) {
      throw refuseWord(nodes, node, 'a predicate of another category')
    }
    verifyTarget(sections, node + 1, i, count)
    verifyTarget(sections, node + 2, i, count)
  }
  return unused
}

function verifyTarget({ nodes }: Sections, at: number, node: number, count: number): void {
  const target = word(nodes, at)
  if (target === MATCH || target === FAIL) return
  if (!(target > node && target < count)) throw refuseWord(nodes, at, `node ${node} jumps to ${target} of ${count}`)
}
