import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compilePack, type ParsedPack, parsePack, toSourceNode, verifyImage } from '@firebreak/content'
import { createEngine, OPEN_CONTRACT } from '@firebreak/detect'
import { checkReplay, type Corpus, type ExecutionResult, GATE_POLICY_DEFAULT, type Replay } from '@firebreak/gate'
import { readPackFolder } from '@firebreak/pack-folder'
import { readOwnCorpora } from './own-corpora.ts'

const FOLDER = fileURLToPath(new URL('../../../../content/linux-baseline', import.meta.url))
let corpora: readonly Corpus[] = []

before(async () => {
  corpora = await readOwnCorpora()
})

/** In this process: the engine is the same. */
function replay(pack: ParsedPack, corpus: Corpus): Replay {
  const engine = createEngine(verifyImage(compilePack(pack).image), OPEN_CONTRACT)
  const verdicts = corpus.events.map((event, caseIndex) => {
    return { caseIndex, firedRuleIds: engine.evaluate(event, 'every-match').map(({ ruleId }) => ruleId) }
  })
  const result: ExecutionResult = { kind: 'ran', engineVersion: OPEN_CONTRACT.engineVersion, verdicts }
  return { corpus, result }
}

test('the starter pack is quiet on what ordinary people do, and not blind to attacks', async () => {
  const pack = parsePack(await readPackFolder(FOLDER))
  const [benign, attack] = corpora.map((corpus) => replay(pack, corpus))
  assert.ok(benign && attack)
  const { verdict, findings } = checkReplay(pack, [benign, attack], GATE_POLICY_DEFAULT)
  assert.equal(verdict, 'pass')
  const loud = findings.map(
    ({ code, message }) => `${code} ${/"(.+?)"/.exec(message)?.[1]}: ${/fires for (\d+)/.exec(message)?.[1]}`,
  )
  assert.deepEqual(loud, [])
  assert.ok(attack.result.kind === 'ran')
  const seen = attack.result.verdicts.filter(({ firedRuleIds }) => firedRuleIds.length > 0)
  assert.ok(seen.length >= 60, `${seen.length} of ${attack.corpus.events.length}`)
})

test('a rule for every program floods, and the gate shows the smallest event that it fires for', () => {
  const rule = {
    title: 'Any program',
    id: '00000000-0000-4000-8000-000000000001',
    level: 'low',
    logsource: { category: 'process_creation', product: 'linux' },
    detection: { selection: { 'Image|contains': '/' }, condition: 'selection' },
  }
  const manifest = { name: 'p', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: 'x' }
  const pack = parsePack({
    manifest: toSourceNode(manifest, 'pack.yaml'),
    rules: [{ file: 'r.yml', nodes: [toSourceNode(rule, 'r.yml')] }],
    tests: [],
    indicators: [],
  })
  const { verdict, findings } = checkReplay(
    pack,
    corpora.map((corpus) => replay(pack, corpus)),
    GATE_POLICY_DEFAULT,
  )
  assert.equal(verdict, 'fail')
  assert.deepEqual(
    findings.map(({ code, at }) => [code, at?.file]),
    [['gate/flood', 'r.yml']],
  )
  assert.match(findings[0]?.message ?? '', /fires for 23\d\d of the 6884 events/)
  const input = findings[0]?.input ?? ''
  assert.ok(input.length > 50 && input.length < 700 && input.includes('"category":"process_creation"'), input)
})
