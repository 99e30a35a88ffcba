import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type PackSource, parsePack, toSourceNode } from '@firebreak/content'
import { type SourceFinding, sourceFindings } from '@firebreak/gate'
import { parseYamlDocuments } from './yaml.ts'

// SigmaHQ's rules are not part of this repository; a checkout beside it is used when there is one.
const SIGMA = join(import.meta.dirname, '../../../../shared/data/sigma')
const FOLDERS = ['rules', 'rules-emerging-threats', 'rules-threat-hunting']
const skip = existsSync(SIGMA) ? false : 'no SigmaHQ rules beside this repository'

/**
 * What is found in rules that SigmaHQ has linted with pySigma and its own validators, each with what the line at its
 * place then shows. Of anything else that is found in them the first look is at our rule.
 */
const SHOWN: Readonly<Record<string, RegExp>> = {
  // A pack that has no values for a placeholder.
  'content/modifier': /%known_cdcs%/,
  'gate/source-logsource-specific': /EventID: (16|27|28|29)\b/,
  'gate/source-escaped-wildcard': /['"].*\\[*?].*['"]/,
  'gate/source-number-as-text': /['"]-?\d+['"]/,
  'gate/source-invisible-value': /\p{Cf}/u,
}

/** One line of a real rule made wrong. The finding is at the line that was changed, or at the document. */
interface Plant {
  readonly code: string
  readonly line: RegExp
  readonly becomes: string
  /** Lines from the changed one to the finding; null: it is at the document. */
  readonly at: number | null
}

const PLANTS: readonly Plant[] = [
  { code: 'gate/source-tag-format', line: /^( +- attack\.)t(?=\d)/, becomes: '$1T', at: 0 },
  { code: 'gate/source-tag-attack', line: /^( +- attack\.)t\d{4}.*/, becomes: '$1t1001.002.003', at: 0 },
  { code: 'gate/source-status-missing', line: /^status:.*/, becomes: '', at: null },
  { code: 'gate/source-level-missing', line: /^level:.*/, becomes: '', at: null },
  { code: 'gate/source-date-malformed', line: /^date:.*/, becomes: 'date: 2024-02-30', at: 0 },
  { code: 'gate/source-attribute-misspelled', line: /^author:/, becomes: 'auhtor:', at: 0 },
  { code: 'gate/source-logsource-attribute', line: /^logsource:/, becomes: '$&\n    sevrice: x', at: 1 },
  {
    code: 'gate/source-dangling-detection',
    line: /^detection:/,
    becomes: '$&\n    planted:\n        a: x',
    at: 1,
  },
  {
    code: 'gate/source-number-as-text',
    line: /^detection:/,
    becomes: "$&\n    selection_planted:\n        a: '1'",
    at: 2,
  },
]

interface RuleText {
  readonly file: string
  readonly text: string
}

async function sigmaTexts(): Promise<readonly RuleText[]> {
  const texts: RuleText[] = []
  for (const folder of FOLDERS) {
    const names = await readdir(join(SIGMA, folder), { recursive: true })
    for (const name of names.filter((one) => one.endsWith('.yml')).toSorted()) {
      const file = `${folder}/${name}`
      texts.push({ file, text: await readFile(join(SIGMA, file), 'utf8') })
    }
  }
  return texts
}

function findingsIn(texts: readonly RuleText[]): readonly SourceFinding[] {
  const source: PackSource = {
    manifest: toSourceNode(
      { name: 'sigmahq', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: 'SigmaHQ.' },
      'pack.yaml',
    ),
    rules: texts.map(({ file, text }) => ({ file, nodes: parseYamlDocuments(text, file) })),
    tests: [],
    indicators: [],
  }
  return sourceFindings(source, parsePack(source))
}

describe('the source check on the rules of SigmaHQ', { skip }, async () => {
  const texts = skip === false ? await sigmaTexts() : []

  test('finds only what the line at its place shows', (t) => {
    const lines = new Map(texts.map(({ file, text }) => [file, text.split('\n')]))
    const findings = findingsIn(texts)
    const unseen = findings.filter(({ code, at }) => !SHOWN[code]?.test(lines.get(at.file)?.[at.line - 1] ?? ''))
    assert.deepEqual(
      unseen.map(({ code, at, message }) => `${at.file}:${at.line} ${code} ${message}`),
      [],
    )
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error').map(({ code }) => code),
      ['content/modifier', 'content/modifier'],
    )
    const counts = [...Map.groupBy(findings, ({ code }) => code)].map(([code, { length }]) => `${length} ${code}`)
    t.diagnostic(`${texts.length} files: ${counts.join(', ')}`)
  })

  for (const { code, line, becomes, at } of PLANTS) {
    test(`finds ${code} where it is planted, and nothing else`, () => {
      const fits = texts.filter(({ text }) => text.split('\n').some((one) => line.test(one)))
      const sample = fits.filter((_, i) => i % Math.ceil(fits.length / 10) === 0)
      assert.ok(sample.length >= 5)
      for (const { file, text } of sample) {
        const before = text.split('\n')
        const i = before.findIndex((one) => line.test(one))
        const after = before.with(i, (before[i] ?? '').replace(line, becomes)).join('\n')
        const known = findingsIn([{ file, text }]).map(({ code: one, message }) => `${one} ${message}`)
        const added = findingsIn([{ file, text: after }]).filter((one) => !known.includes(`${one.code} ${one.message}`))
        const lineOf = (one: SourceFinding): number => (at === null ? 0 : one.at.line - i - 1)
        const own = added.filter((one) => one.code === code)
        assert.ok(own.length > 0 && own.every((one) => lineOf(one) === (at ?? 0)), file)
        // A selection that is planted is one that no condition asks for.
        const others = added.filter((one) => one.code !== code && one.code !== 'gate/source-dangling-detection')
        assert.deepEqual(
          others.map((one) => `${one.at.file}:${one.at.line} ${one.code}`),
          [],
        )
      }
    })
  }
})
