import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type FieldTest,
  type LogSource,
  type PackSource,
  type ParsedPack,
  parsePack,
  verifyImage,
} from '@firebreak/content'
import { createEngine, type HostEvent, OPEN_CONTRACT } from '@firebreak/detect'
import { parseYamlDocuments } from '@firebreak/pack-folder'
import { createPlainEvaluator } from '@firebreak/plain-evaluator'
import { sourceOf } from '../../gate-fixture.ts'
import { testsIn } from '../judged-events.ts'
import { testKey } from '../probe.ts'
import { alternativesOf } from './alternatives.ts'
import { routedFields } from './routed.ts'
import { asSigma } from './sigma-fixture.ts'
import { sweepOf } from './sweep.ts'
import { witnessOf } from './witness.ts'

const DATA = join(import.meta.dirname, '../../../../../../shared/data/sigma')
const FOLDERS = ['rules', 'rules-emerging-threats', 'rules-threat-hunting']
/** Every so many values that are no program are checked: texts are many, and alike. */
const TEXTS_STEP = 13

const skip = existsSync(DATA) ? false : `${DATA} is absent`

let parsed: ParsedPack | null = null

function sigmaHq(): ParsedPack {
  parsed ??= parsePack({ ...sourceOf([], []), rules: FOLDERS.flatMap(rulesIn) })
  return parsed
}

function rulesIn(folder: string): PackSource['rules'] {
  const files = globSync(`${folder}/**/*.yml`, { cwd: DATA }).toSorted()
  return files.map((file) => ({ file, nodes: parseYamlDocuments(readFileSync(join(DATA, file), 'utf8'), file) }))
}

test(
  'every field of SigmaHQ is probed in every way that a rule reads it, and our engine answers each probe right',
  { skip },
  (t) => {
    const pack = sigmaHq()
    const { image, cases, probes, findings } = sweepOf(pack)
    t.diagnostic(`${pack.rules.length} rules, ${probes.length} probes, ${image.length} bytes`)
    const engine = createEngine(verifyImage(image), OPEN_CONTRACT)
    const wrong = cases.filter(({ event, ruleId, expect }) => {
      const fired = engine.evaluate(event, 'every-match').some((one) => one.ruleId === ruleId)
      return fired !== (expect === 'match')
    })
    assert.deepEqual(
      wrong.map(({ name }) => name),
      [],
    )
    // A rule of the channel System that asks for other channels, which events of that log source do not have.
    const without = findings.filter(({ code }) => code === 'gate/no-witness').map(({ message }) => message)
    assert.equal(without.length, 1, without.join('\n'))
    assert.match(without[0] ?? '', /Channel equals, product: windows, service: system, for 4 values/)
  },
)

test('the plain evaluator agrees with the witnesses', { skip }, (t) => {
  const pack = sigmaHq()
  const asked = distinctAsks(pack).filter(({ test: { match } }, i) => match.kind !== 'text' || i % TEXTS_STEP === 0)
  const wrong: string[] = []
  for (const { logsource, test: one } of asked) {
    const witness = witnessOf(one)
    const match = witness && routedFields(witness.match, logsource)
    if (witness === null || match === null) continue
    const document = { id: 'probe', logsource, detection: { selection: asSigma(one), condition: 'selection' } }
    const evaluator = createPlainEvaluator([document])
    const source: Pick<HostEvent, 'category' | 'product' | 'service'> = {
      ...logsource,
      product: logsource.product ?? 'linux',
    }
    const answers = [match, witness.miss].map((fields) => evaluator.evaluate(fields, { ...source }).length)
    if (answers.join(' ') !== '1 0')
      wrong.push(JSON.stringify({ document, witness, answers, rejected: evaluator.rejected }))
  }
  t.diagnostic(`${asked.length} field tests`)
  assert.ok(asked.length > 2_000)
  assert.deepEqual(wrong, [])
})

interface Ask {
  readonly logsource: LogSource
  readonly test: FieldTest
}

function distinctAsks({ rules }: ParsedPack): readonly Ask[] {
  const asks = new Map<string, Ask>()
  for (const { logsource, selections } of rules) {
    for (const { test: one } of selections.flatMap((selection) => testsIn(selection.test)).flatMap(alternativesOf)) {
      asks.set(testKey(logsource, one), { logsource, test: one })
    }
  }
  return [...asks.values()]
}
