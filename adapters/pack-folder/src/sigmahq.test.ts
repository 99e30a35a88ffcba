import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { compilePack, parsePack, type SourceFile, toSourceNode, verifyImage } from '@firebreak/content'
import { parseYaml } from './yaml.ts'

// SigmaHQ's rules are not part of this repository; a checkout beside it is used when there is one.
const RULES = join(import.meta.dirname, '../../../../shared/data/sigma/rules')
const skip = existsSync(RULES) ? false : 'no SigmaHQ rules beside this repository'

test('every SigmaHQ rule compiles, or is refused with a place and a reason', { skip }, async (t) => {
  const names = (await readdir(RULES, { recursive: true })).filter((name) => name.endsWith('.yml')).toSorted()
  const rules: SourceFile[] = []
  // Every fourth file keeps this short; which ones does not depend on the machine.
  for (const file of names.filter((_, i) => i % 4 === 0)) {
    rules.push({ file, node: parseYaml(await readFile(join(RULES, file), 'utf8'), file) })
  }
  const manifest = toSourceNode(
    { name: 'sigmahq', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: 'SigmaHQ.' },
    'pack.yaml',
  )
  const pack = parsePack({ manifest, rules, tests: [], indicators: [] })
  const refused = new Set(pack.diagnostics.map((one) => one.at.file))
  assert.equal(pack.rules.length + refused.size, rules.length, 'a rule is taken or refused, never lost')
  assert.ok(pack.rules.length > 0.7 * rules.length, `only ${pack.rules.length} of ${rules.length}`)
  const compiled = compilePack({ ...pack, diagnostics: [] })
  assert.equal(verifyImage(compiled.image).ruleCount, pack.rules.length)
  t.diagnostic(`${pack.rules.length} of ${rules.length} rules taken, image of ${compiled.image.length} bytes`)
})
