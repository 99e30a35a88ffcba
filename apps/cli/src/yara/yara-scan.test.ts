import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { lastJson, runCli, temporaryFolder } from '../cli.fixture.ts'

const GOOD = 'rule found { strings: $a = "needle" condition: $a }\n'

function prepared(context: TestContext, rules: Readonly<Record<string, string>>) {
  const folder = temporaryFolder(context)
  mkdirSync(join(folder, 'rules'))
  mkdirSync(join(folder, 'files'))
  for (const [name, text] of Object.entries(rules)) writeFileSync(join(folder, 'rules', name), text)
  writeFileSync(join(folder, 'files', 'a'), 'hay')
  writeFileSync(join(folder, 'files', 'b'), 'a needle')
  return { folder, rules: join(folder, 'rules'), files: join(folder, 'files') }
}

test('prints matches with their offsets; one broken file of rules does not hide the others', async (context) => {
  const { folder, rules, files } = prepared(context, {
    'a.yar': GOOD,
    'b.yara': 'rule x {\n condition: y }',
    'c.txt': '',
  })
  const ended = await runCli(['yara', 'scan', '--rules', rules, files], folder)
  assert.equal(ended.code, 0)
  assert.match(ended.stdout, /b: found \(a\.yar\) \$a at 2\n2 files scanned, 1 with a match, 0 not scanned\n$/)
  assert.match(ended.stderr, /b\.yara:2:13: unknown identifier/)
})

test('what was not scanned is named and ends with 1', async (context) => {
  const { folder, rules, files } = prepared(context, { 'a.yar': GOOD })
  symlinkSync(join(files, 'a'), join(folder, 'link\u001b[2J'))
  writeFileSync(join(folder, 'big'), Buffer.alloc(1_048_577))
  const links = join(folder, 'link\u001b[2J')
  const args = ['yara', 'scan', '--rules', rules, '--size-mib', '1', links, join(folder, 'big')]
  const ended = await runCli([...args, '--json'], folder)
  assert.equal(ended.code, 1)
  assert.deepEqual(lastJson(ended)['notScanned'], [
    { path: links, reason: 'not-a-file' },
    { path: join(folder, 'big'), reason: 'too-large' },
  ])
  const plain = await runCli(args, folder)
  assert.ok(!plain.stdout.includes('\u001b[2J'))
})

test('refusals and wrong usage end with their codes', async (context) => {
  const { folder, rules, files } = prepared(context, { 'a.yar': 'rule x {' })
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [['--rules', rules, files], 3, /a\.yar:1:9: syntax error[^]*refused/],
    [['--rules', join(folder, 'none'), files], 2, /ENOENT/],
    [['--rules', rules, join(folder, 'none')], 2, /ENOENT/],
    [[files], 2, /either --rules or --pack/],
    [['--rules', rules, '--size-mib', '61', files], 2, /1 to 60/],
    [['--pack', folder, files], 3, /pack\.yaml is missing/],
  ]
  for (const [args, code, sentence] of rows) {
    const ended = await runCli(['yara', 'scan', ...args], folder)
    assert.deepEqual([ended.code, sentence.test(ended.stderr)], [code, true], `${args.join(' ')}: ${ended.stderr}`)
  }
})
