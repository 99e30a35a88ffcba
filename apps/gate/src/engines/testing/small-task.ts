import { compilePack, parsePack, toSourceNode } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import { type EventCorpus, executionCases, type ExecutionTask } from '@firebreak/gate'

export const RULE = '00000000-0000-4000-8000-000000000001'

/** An event on which the rule of `smallTask` fires if `command` contains `planted`. */
export function eventOf(command: string): HostEvent {
  return { category: 'process_creation', product: 'linux', timeMs: 0, fields: { CommandLine: command } }
}

/** One rule with one test, and corpora behind it. */
export function smallTask(
  corpora: readonly EventCorpus[] = [],
  minimumEngine = '1.0.0',
  product = 'linux',
): ExecutionTask {
  const manifest = {
    name: 'small',
    version: '1.0.0',
    category: 'behavioural',
    minimumEngine,
    description: 'For tests.',
  }
  const rule = {
    title: 'Small',
    id: RULE,
    level: 'high',
    logsource: { category: 'process_creation', product },
    detection: { selection: { 'CommandLine|contains': 'planted' }, condition: 'selection' },
  }
  const test = { rule: RULE, match: [{ CommandLine: 'planted' }], ignore: [{ CommandLine: 'other' }] }
  const pack = parsePack({
    manifest: toSourceNode(manifest, 'pack.yaml'),
    rules: [{ file: 'rules/1.yml', nodes: [toSourceNode(rule, 'rules/1.yml')] }],
    tests: [{ file: 'tests/1.yml', node: toSourceNode(test, 'tests/1.yml') }],
    indicators: [],
  })
  return {
    name: 'tests',
    image: compilePack(pack).image,
    minimumEngine,
    cases: executionCases(pack),
    corpora,
    ruleIds: [RULE],
    correlationIds: [],
  }
}
