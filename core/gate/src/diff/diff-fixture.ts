import {
  compilePack,
  type PackSource,
  parsePack,
  toSourceNode,
  type VerifiedImage,
  verifyImage,
} from '@firebreak/content'
import { createEngine, ENGINE_CONTRACT, type HostEvent } from '@firebreak/detect'
import type { CaseVerdict } from '../execution/execution.ts'
import { MANIFEST, type Plain, sourceOf } from '../gate-fixture.ts'
import type { CorpusKind, JudgedTwice } from './verdict-diff.ts'

/** For the tests of the diff and of the risk: images, and what the real engine says about events with them. */
export function imageOf(
  rules: readonly Plain[],
  { indicators = '', version = '1.2.3', yara = '' }: { indicators?: string; version?: string; yara?: string } = {},
): VerifiedImage {
  const source: PackSource = {
    ...sourceOf(rules, [], { ...MANIFEST, version }),
    manifest: toSourceNode({ ...MANIFEST, version }, 'pack.yaml'),
    indicators: indicators === '' ? [] : [{ file: 'i.csv', text: `type,value,description\n${indicators}` }],
    yara: yara === '' ? [] : [{ file: 'y.yar', text: yara }],
  }
  const pack = parsePack(source)
  if (pack.diagnostics.length > 0) throw new Error(JSON.stringify(pack.diagnostics))
  return verifyImage(compilePack(pack).image)
}

export function judgedBy(image: VerifiedImage, events: readonly HostEvent[]): readonly CaseVerdict[] {
  const engine = createEngine(image, ENGINE_CONTRACT)
  return events.map((event, caseIndex) => {
    return { caseIndex, firedRuleIds: engine.evaluate(event, 'every-match').map(({ ruleId }) => ruleId) }
  })
}

export function judgedTwice(
  kind: CorpusKind,
  events: readonly HostEvent[],
  candidate: VerifiedImage,
  running: VerifiedImage | null,
): JudgedTwice {
  const before = running ? judgedBy(running, events) : []
  return { name: `${kind}.jsonl`, kind, events, candidate: judgedBy(candidate, events), running: before }
}

export function start(fields: HostEvent['fields'], timeMs = 0): HostEvent {
  return { category: 'process_creation', product: 'linux', timeMs, fields }
}

/** Programs that ordinary people start, one every five seconds, each with one argument. */
export const ORDINARY: readonly HostEvent[] = ['ls', 'cat', 'nc', 'curl', 'ssh', 'git'].map((name, i) =>
  start({ Image: `/usr/bin/${name}`, CommandLine: `${name} x`, User: 'ada' }, 5_000 * i),
)
