import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import {
  applyDelta,
  compilePack,
  makeDelta,
  parsePack,
  readSource,
  type SigmaSource,
  toSourceNode,
  verifyImage,
  writeImage,
} from '@firebreak/content'
import { parseYamlDocuments } from './yaml.ts'

// SigmaHQ's rules are not part of this repository; a checkout beside it is used when there is one.
const SIGMA = join(import.meta.dirname, '../../../../shared/data/sigma')
const FOLDERS = ['rules', 'rules-emerging-threats', 'rules-threat-hunting']
const skip = existsSync(SIGMA) ? false : 'no SigmaHQ rules beside this repository'

/** What only a pack with tables of its own can say. */
const UNFILLED = [
  'win_security_adcs_certighost_cdc_chase_request.yml',
  'win_security_adcs_certighost_cert_issued_via_chase.yml',
]

test('all rules of SigmaHQ are one pack, whose image the verifier accepts', { skip }, async (t) => {
  const manifest = toSourceNode(
    { name: 'sigmahq', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: 'SigmaHQ.' },
    'pack.yaml',
  )
  const rules = await sigmaSources()
  const pack = parsePack({ manifest, rules, tests: [], indicators: [] })
  assert.deepEqual(
    pack.diagnostics.map(({ code, at }) => [code, basename(at.file)]),
    UNFILLED.map((file) => ['content/modifier', file]),
  )
  const documents = rules.reduce((sum, { nodes }) => sum + nodes.length, 0)
  assert.equal(pack.rules.length + pack.correlations.length + UNFILLED.length, documents)
  const { image } = compilePack({ ...pack, diagnostics: [] })
  assert.equal(verifyImage(image).ruleCount, pack.rules.length)
  t.diagnostic(`${pack.rules.length} rules of ${rules.length} files, image of ${image.length} bytes`)
  await t.test('which is linked again from its parts', () => {
    assert.deepEqual(writeImage(readSource(verifyImage(image))), image)
  })
  await t.test('of which a hundredth costs a host at most three', (inner) => {
    const next = verifyImage(image)
    const source = readSource(next)
    const named = new Set(source.correlations.flatMap((one) => one.rules))
    const before = source.rules.filter(({ id }, i) => i % 100 > 0 || named.has(id))
    const old = verifyImage(writeImage({ ...source, rules: before }))
    const delta = makeDelta(old, next)
    assert.ok(delta !== null && delta.length <= 0.03 * image.length)
    assert.deepEqual(applyDelta(old, delta), image)
    inner.diagnostic(`${source.rules.length - before.length} new rules in ${delta.length} bytes`)
  })
})

async function sigmaSources(): Promise<readonly SigmaSource[]> {
  const sources: SigmaSource[] = []
  for (const folder of FOLDERS) {
    const names = await readdir(join(SIGMA, folder), { recursive: true })
    for (const name of names.filter((one) => one.endsWith('.yml')).toSorted()) {
      const file = `${folder}/${name}`
      sources.push({ file, nodes: parseYamlDocuments(await readFile(join(SIGMA, file), 'utf8'), file) })
    }
  }
  return sources
}
