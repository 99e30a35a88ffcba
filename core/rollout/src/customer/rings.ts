import { sha256Hex } from '@firebreak/crypto'
import {
  absentAs,
  dictionary,
  integer,
  type Json,
  list,
  malformed,
  type Ppm,
  PPM_ALL,
  type Reader,
  text,
} from '@firebreak/kernel'
import { name } from '../plan/plan.ts'
import { type ContentSettings, contentSettings, DEFAULT_SETTINGS, settingsJson } from './settings.ts'
import { strict } from './strict.ts'

/** A group of the customer's own hosts. Not a ring of the vendor's plan; a rule says which of those its hosts follow. */
export interface CustomerRing {
  readonly name: string
  /** Each key has to be there, with one of its values. None: any host. */
  readonly labels: Readonly<Record<string, readonly string[]>>
  /** The share of those hosts that belongs to the ring, by a stable hash: a larger one adds hosts and moves none out. */
  readonly samplePpm: Ppm
}

/** For which hosts and categories some settings hold. */
export interface ContentRule {
  /** Customer rings, or `*`: all hosts, also those of no ring. */
  readonly rings: '*' | readonly string[]
  readonly categories: '*' | readonly string[]
  readonly settings: ContentSettings
}

/** What a policy says about content. */
export interface ContentPolicy {
  readonly customer: string
  /** A host belongs to the first that takes it. */
  readonly rings: readonly CustomerRing[]
  /** The first that names the host's ring and the category decides, with all its settings. */
  readonly rules: readonly ContentRule[]
  /** Where no rule decides. */
  readonly default: ContentSettings
}

export interface LabelledHost {
  readonly host: string
  readonly labels: Readonly<Record<string, string>>
}

/** Which part of a policy decided. */
export interface DecidedBy {
  /** The host's customer ring; null: it is of none. */
  readonly ring: string | null
  /** Counts the rules from 1; null: the default, or there is no policy. */
  readonly rule: number | null
}

export interface DecidedSettings {
  readonly settings: ContentSettings
  readonly by: DecidedBy
}

export const CUSTOMER_RINGS_MAX = 64
export const CONTENT_RULES_MAX = 256
export const CATEGORIES_MAX = 64
/** Of one host, and of one ring's selector. */
export const LABELS_MAX = 32
/** Of one label in a selector. */
export const LABEL_VALUES_MAX = 64
const LABEL_KEY = /^[a-z0-9][a-z0-9._/-]{0,62}$/
const LABEL_CHARS_MAX = 64
/** Of the digest that samples hosts: 48 bits, so that the modulo's bias is below 4e-9. */
const SAMPLE_HEX_DIGITS = 12

const labelValue = text(LABEL_CHARS_MAX, /^[^\p{Cc}]+$/u)

function labelled<T>(value: Reader<T>): Reader<Readonly<Record<string, T>>> {
  const entries = dictionary(value, LABELS_MAX)
  return (given, at) => {
    const read = entries(given, at)
    const odd = [...read.keys()].find((key) => !LABEL_KEY.test(key))
    if (odd !== undefined) throw malformed(at, `label keys like ${LABEL_KEY.source}`, odd)
    return Object.fromEntries(read)
  }
}

/** The labels of a host, as its configuration states them. */
export const hostLabels: Reader<Readonly<Record<string, string>>> = labelled(labelValue)

const labelValues: Reader<readonly string[]> = (value, at) => {
  const read = list(labelValue, LABEL_VALUES_MAX)(value, at)
  if (read.length === 0) throw malformed(at, 'at least one value', 'none')
  return read
}

const customerRing = strict<CustomerRing>({
  name,
  labels: absentAs({}, labelled(labelValues)),
  samplePpm: absentAs(PPM_ALL, integer(0, PPM_ALL)),
})

export const customerRings: Reader<readonly CustomerRing[]> = (value, at) => {
  const read = list(customerRing, CUSTOMER_RINGS_MAX)(value, at)
  const twice = read.find((one, i) => read.findIndex((other) => other.name === one.name) !== i)
  if (twice) throw malformed(at, 'each ring once', twice.name)
  return read
}

function allOr(names: Reader<readonly string[]>): Reader<'*' | readonly string[]> {
  return (value, at) => {
    if (value === '*') return '*'
    const read = names(value, at)
    if (read.length === 0) throw malformed(at, '* or at least one name', 'none')
    return read
  }
}

const contentRule = strict<ContentRule>({
  rings: allOr(list(name, CUSTOMER_RINGS_MAX)),
  categories: allOr(list(name, CATEGORIES_MAX)),
  settings: contentSettings,
})

export const contentRules: Reader<readonly ContentRule[]> = list(contentRule, CONTENT_RULES_MAX)

/** A rule that names a ring which is not there would wait for hosts that never come: a misspelt name is refused. */
export function checkRuleRings({ rings, rules }: Pick<ContentPolicy, 'rings' | 'rules'>, at: string): void {
  const known = new Set(rings.map((one) => one.name))
  for (const [i, rule] of rules.entries()) {
    const stray = rule.rings === '*' ? undefined : rule.rings.find((one) => !known.has(one))
    if (stray !== undefined) throw malformed(`${at}.rules[${i}].rings`, 'rings of this policy', stray)
  }
}

/** Without what is at its default, so that an older agent takes a policy that says no more than it knows. */
export function contentJson(policy: ContentPolicy): { readonly [key: string]: Json } {
  const fallback = settingsJson(policy.default)
  return {
    ...(policy.rings.length === 0 ? {} : { rings: policy.rings.map(ringJson) }),
    ...(policy.rules.length === 0 ? {} : { rules: policy.rules.map(ruleJson) }),
    ...(Object.keys(fallback).length === 0 ? {} : { default: fallback }),
  }
}

function ringJson({ name: ring, labels, samplePpm }: CustomerRing): Json {
  return {
    name: ring,
    ...(Object.keys(labels).length === 0 ? {} : { labels: { ...labels } }),
    ...(samplePpm === PPM_ALL ? {} : { samplePpm }),
  }
}

function ruleJson({ rings, categories, settings }: ContentRule): Json {
  return { rings, categories, settings: settingsJson(settings) }
}

const BY_NOBODY: DecidedBy = { ring: null, rule: null }
const WITHOUT_POLICY: DecidedSettings = { settings: DEFAULT_SETTINGS, by: BY_NOBODY }

/**
 * The settings for one host and category, and what decided them.
 *
 * @param category - null: not known yet, so only rules for all categories apply
 */
export function settingsFor(
  policy: ContentPolicy | null,
  host: LabelledHost,
  category: string | null,
): DecidedSettings {
  if (policy === null) return WITHOUT_POLICY
  const ring = customerRingOf(policy, host)
  const at = policy.rules.findIndex((rule) => names(rule.rings, ring) && names(rule.categories, category))
  const rule = policy.rules[at]
  if (rule) return { settings: rule.settings, by: { ring, rule: at + 1 } }
  return { settings: policy.default, by: { ring, rule: null } }
}

/** The first ring that takes the host; null: none does. */
export function customerRingOf(policy: ContentPolicy, host: LabelledHost): string | null {
  return policy.rings.find((ring) => takes(ring, policy.customer, host))?.name ?? null
}

function takes({ name: ring, labels, samplePpm }: CustomerRing, customer: string, host: LabelledHost): boolean {
  for (const [key, values] of Object.entries(labels)) {
    const label = Object.hasOwn(host.labels, key) ? host.labels[key] : undefined
    if (label === undefined || !values.includes(label)) return false
  }
  return samplePpm === PPM_ALL || samplePpm > sampleBucketPpm(customer, ring, host.host)
}

/** Where a host stands in the sampling of one ring: 0 to PPM_ALL - 1, uniform, and independent from ring to ring. */
function sampleBucketPpm(customer: string, ring: string, host: string): number {
  const digest = sha256Hex(`firebreak sample 1\n${customer}\n${ring}\n${host}`)
  return Number.parseInt(digest.slice(0, SAMPLE_HEX_DIGITS), 16) % PPM_ALL
}

function names(listed: '*' | readonly string[], one: string | null): boolean {
  return listed === '*' || (one !== null && listed.includes(one))
}
