import { type ParsedPack, parsePack } from './pack.ts'
import { type PackSource, toSourceNode } from './source.ts'

type Plain = Parameters<typeof toSourceNode>[0]

/** Packs for the tests of this package, made from plain values. */
export const MANIFEST = {
  name: 'fixture',
  version: '1.2.3',
  category: 'behavioural',
  minimumEngine: '1.0.0',
  description: 'For tests.',
}

export function ruleId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

export function rule(n: number, detection: Plain, more: { readonly [key: string]: Plain } = {}): Plain {
  const logsource = { category: 'process_creation', product: 'linux' }
  return { title: `Rule ${n}`, id: ruleId(n), level: 'high', tags: ['attack.t1059'], logsource, detection, ...more }
}

export function sourceOf(rules: readonly Plain[], more: Partial<PackSource> = {}): PackSource {
  return {
    manifest: toSourceNode(MANIFEST, 'pack.yaml'),
    rules: rules.map((one, i) => ({ file: `rules/${i}.yml`, nodes: [toSourceNode(one, `rules/${i}.yml`)] })),
    tests: [],
    indicators: [],
    ...more,
  }
}

export function packOf(rules: readonly Plain[], more: Partial<PackSource> = {}): ParsedPack {
  return parsePack(sourceOf(rules, more))
}

/** A pack with every operator, a regex, two categories and every type of indicator. */
export function fullPack(): ParsedPack {
  const rules = [
    rule(3, {
      selection: { 'Image|endswith': ['/nc', '/ncat'], 'CommandLine|contains|all': [' -e ', '/bin/sh'] },
      condition: 'selection',
    }),
    rule(1, {
      any: [{ ParentImage: null }, { CommandLine: '' }, { ProcessId: 1 }],
      filter_éß: { 'CommandLine|re|i': 'curl.*(\\||;)\\s*sh$', 'User|startswith': 'svc-' },
      condition: 'any and not 1 of filter_*',
    }),
    rule(
      2,
      { selection: { TargetFilename: ['/etc/*.d/?ron*', '*', '/tmp/x*'] }, condition: ['selection', 'not selection'] },
      { logsource: { category: 'file_event' } },
    ),
  ]
  const text = [
    'type,value,description',
    'ip,203.0.113.9,command and control',
    'ip,2001:DB8::1,',
    'domain,Evil.Example.,"quoted, ""twice"""',
    'filename,/tmp/.x11,',
    'filename,kworkerds,miner',
    `sha256,${'ab'.repeat(32)},`,
    '',
  ].join('\n')
  return packOf(rules, { indicators: [{ file: 'indicators/a.csv', text }] })
}
