import { type PackSource, toSourceNode } from '@firebreak/content'
import { type BenchPack, benchPack } from './packs.ts'

type Plain = Parameters<typeof toSourceNode>[0]

const RULES = 3_000
const SEED = 20_261_121
const CATEGORIES = ['process_creation', 'file_event', 'registry_set', 'image_load', 'network_connection', 'dns_query']
const WORDS = [
  'admin',
  'temp',
  'service',
  'update',
  'invoke',
  'remote',
  'user',
  'config',
  'export',
  'shadow',
  'task',
  'key',
]

/**
 * Made-up rules of the shape that public ones have: a list of images, words of a command line, a filter. Where SigmaHQ's
 * are not at hand, sizes and times are about those of as many of them.
 */
export function syntheticPack(): BenchPack {
  const next = numbers(SEED)
  const rules = Array.from({ length: RULES }, (_, i) => ({
    file: `${i}.yml`,
    nodes: [toSourceNode(ruleOf(next), `${i}.yml`)],
  }))
  const about = { name: 'synthetic', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0' }
  const manifest = toSourceNode({ ...about, description: 'Made-up rules.' }, 'pack.yaml')
  const source: PackSource = { manifest, rules, tests: [], indicators: [] }
  return benchPack('synthetic', source)
}

type Numbers = (end: number) => number

function ruleOf(next: Numbers): Plain {
  const word = (): string => `${WORDS[next(WORDS.length)] ?? ''}${next(1_000)}`
  const words = (count: number, around: (text: string) => string): Plain =>
    Array.from({ length: count }, () => around(word()))
  return {
    title: `Suspicious ${word()} of ${word()} by ${word()}`,
    id: uuid(next),
    level: ['low', 'medium', 'high'][next(3)] ?? 'low',
    tags: [`attack.t1${100 + next(500)}`, 'attack.execution'],
    logsource: { category: CATEGORIES[next(CATEGORIES.length)] ?? '', product: 'windows' },
    detection: {
      selection_img: { 'Image|endswith': words(1 + next(3), (text) => `\\${text}.exe`) },
      selection_cli: { 'CommandLine|contains': words(2 + next(8), (text) => ` -${text} `) },
      filter_main: { 'ParentImage|startswith': words(1 + next(2), (text) => `C:\\Program Files\\${text}\\`) },
      condition: 'all of selection_* and not 1 of filter_*',
    },
  }
}

function uuid(next: Numbers): string {
  const digits = (count: number): string => Array.from({ length: count }, () => next(16).toString(16)).join('')
  return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`
}

/** The same numbers in every run (mulberry32). */
function numbers(seed: number): Numbers {
  let state = seed
  return (end) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end
  }
}
