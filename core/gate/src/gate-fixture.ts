import { type PackSource, toSourceNode } from '@firebreak/content'

export type Plain = Parameters<typeof toSourceNode>[0]
export type PlainMap = { readonly [key: string]: Plain }

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

const PROCESS_CREATION = { category: 'process_creation', product: 'linux' }

export function rule(n: number, selection: PlainMap, logsource: PlainMap = PROCESS_CREATION): PlainMap {
  return {
    title: `Rule ${n}`,
    id: ruleId(n),
    level: 'high',
    logsource,
    detection: { selection, condition: 'selection' },
  }
}

export function ruleTest(n: number, match: readonly PlainMap[], ignore: readonly PlainMap[]): Plain {
  return { rule: ruleId(n), match, ignore }
}

export function sourceOf(rules: readonly Plain[], tests: readonly Plain[], manifest: PlainMap = MANIFEST): PackSource {
  return {
    manifest: toSourceNode(manifest, 'pack.yaml'),
    rules: rules.map((one, i) => ({ file: `rules/${i}.yml`, nodes: [toSourceNode(one, `rules/${i}.yml`)] })),
    tests: tests.map((one, i) => ({ file: `tests/${i}.yml`, node: toSourceNode(one, `tests/${i}.yml`) })),
    indicators: [],
  }
}

/** Two rules, each with two events to match and one to ignore. */
export function goodSource(): PackSource {
  return sourceOf(
    [rule(1, { 'Image|endswith': '/nc' }), rule(2, { 'CommandLine|contains': 'curl', User: 'root' })],
    [
      ruleTest(1, [{ Image: '/bin/nc' }, { Image: '/usr/bin/NC' }], [{ Image: '/bin/ncat' }]),
      ruleTest(
        2,
        [
          { CommandLine: 'curl x', User: 'root' },
          { CommandLine: 'sh -c curl', User: 'root' },
        ],
        [{ CommandLine: 'curl x', User: 'bob' }],
      ),
    ],
  )
}

/** Rule 1 of `goodSource`, and a correlation that counts its events. */
export function correlatedSource(generate: boolean): PackSource {
  const correlation = {
    title: 'Many',
    id: ruleId(3),
    correlation: {
      type: 'event_count',
      rules: [ruleId(1)],
      timespan: '1m',
      condition: { gte: 2 },
      generate,
    },
  }
  return sourceOf(
    [rule(1, { 'Image|endswith': '/nc' }), correlation],
    [ruleTest(1, [{ Image: '/bin/nc' }, { Image: '/usr/bin/nc' }], [{ Image: '/bin/cat' }])],
  )
}
