import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { compilePack, parsePack } from '@firebreak/content'
import { PackFolderError } from './errors.ts'
import { isPackFolder, readPackFolder, readRuleFolder, YAML_FILE_SIZE_BYTES_MAX } from './pack-folder.ts'
import { parseYaml } from './yaml.ts'

const MANIFEST = 'name: p\nversion: 1.0.0\ncategory: behavioural\nminimumEngine: 1.0.0\ndescription: A pack.\n'
const RULE = `title: Netcat
id: 00000000-0000-4000-8000-000000000001
level: high
logsource: { category: process_creation, product: linux }
detection:
  sel:
    Image|endswith: /nc
  condition: sel
`
const TEST = 'rule: 00000000-0000-4000-8000-000000000001\nmatch:\n  - Image: /bin/nc\nignore:\n  - Image: /bin/ls\n'

async function folder(t: TestContext, files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'firebreak-pack-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), content)
  }
  return dir
}

const GOOD = {
  'pack.yaml': MANIFEST,
  'rules/deep/er/netcat.yml': RULE,
  'tests/netcat.yml': TEST,
  'indicators/a.csv': 'type,value,description\nip,1.2.3.4,x\n',
  'README.md': 'Not read.',
  'rules/notes.txt': 'Not read either.',
}

test('a folder becomes a pack that compiles', async (t) => {
  const pack = parsePack(await readPackFolder(await folder(t, GOOD)))
  assert.deepEqual(pack.diagnostics, [])
  assert.equal(pack.tests.length, 1)
  assert.equal(compilePack(pack).rules[0]?.file, 'rules/deep/er/netcat.yml')
})

test('every kind of file has its place', async (t) => {
  const digest = 'd41d8cd98f00b204e9800998ecf8427e'
  const dir = await folder(t, {
    ...GOOD,
    'rules/two.yml': `${RULE.replace('0001', '0002')}---\n${RULE.replace('0001', '0003').replace('/nc', "'%tools%'").replace('endswith', 'endswith|expand')}`,
    'placeholders.yml': 'tools: [/nmap, /socat]\n',
    'indicators/b.txt': 'evil.example ; a domain\n',
    'indicators/c.hdb': `${digest}:0:Empty.File\n`,
    'indicators/d.json': '{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000001","objects":[]}',
    'indicators/notes.md': 'Not read either.',
    'yara/a.yar': 'rule a { condition: false }\n',
    'yara/b.yara': 'rule b { condition: false }\n',
  })
  const pack = parsePack(await readPackFolder(dir))
  assert.deepEqual(pack.diagnostics, [])
  assert.deepEqual(
    [pack.rules.length, pack.indicatorCount, pack.yara.map(({ file }) => file)],
    [3, 3, ['yara/a.yar', 'yara/b.yara']],
  )
  compilePack(pack)
})

test('what has several documents, and what can have but one', async (t) => {
  const dir = await folder(t, {
    ...GOOD,
    'rules/empty.yml': '# nothing\n',
    'rules/half.yml': `${RULE.replace('0001', '0002')}---\ntitle: No detection\n`,
    'tests/two.yml': `${TEST}---\n${TEST}`,
    'placeholders.yml': 'a: b\n---\nc: d\n',
  })
  const { diagnostics, rules } = parsePack(await readPackFolder(dir))
  assert.deepEqual(
    diagnostics.map((one) => `${one.at.file}:${one.at.line} ${one.code}`),
    [
      'placeholders.yml:3 content/yaml',
      'rules/empty.yml:1 content/yaml',
      'rules/half.yml:10 content/schema',
      'tests/two.yml:7 content/yaml',
    ],
  )
  assert.equal(rules.length, 2)
})

test('the image does not depend on the names of files', async (t) => {
  const second = RULE.replace('Netcat', 'Other').replace('0001', '0002')
  const one = await folder(t, { ...GOOD, 'rules/a.yml': second })
  const other = await folder(t, { ...GOOD, 'rules/z/z.yml': second })
  const digest = async (dir: string): Promise<string> => compilePack(parsePack(await readPackFolder(dir))).digest
  assert.equal(await digest(one), await digest(other))
})

test('one broken file does not hide the others', async (t) => {
  const dir = await folder(t, {
    ...GOOD,
    'rules/a-broken.yml': 'title: [\n',
    'rules/b-modifier.yml': RULE.replace('endswith', 'nonsense').replace('0001', '0002'),
    'rules/c-binary.yml': Uint8Array.of(0xff, 0xfe),
    'rules/d-large.yml': `# ${'x'.repeat(YAML_FILE_SIZE_BYTES_MAX)}`,
    'indicators/b.csv': 'type,value,description\nip,nonsense,\n',
  })
  const { diagnostics, rules } = parsePack(await readPackFolder(dir))
  assert.deepEqual(
    diagnostics.map((one) => `${one.at.file}:${one.at.line}:${one.at.column} ${one.code}`),
    [
      'indicators/b.csv:2:4 content/schema',
      'rules/a-broken.yml:2:1 content/yaml',
      'rules/b-modifier.yml:7:5 content/modifier',
      'rules/c-binary.yml:1:1 content/file',
      'rules/d-large.yml:1:1 content/limit',
    ],
  )
  assert.equal(rules.length, 1)
})

test('links are not followed, inside or outside the folder', async (t) => {
  const outside = await folder(t, { 'secret.yml': RULE.replace('0001', '0009') })
  const dir = await folder(t, GOOD)
  await symlink(join(outside, 'secret.yml'), join(dir, 'rules/link.yml'))
  await symlink(outside, join(dir, 'rules/linked-folder'))
  await symlink(outside, join(dir, 'rules/deep/loop'))
  const { diagnostics, rules } = await readPackFolder(dir)
  assert.deepEqual(diagnostics.map((one) => `${one.code} ${one.at.file}`).toSorted(), [
    'content/file rules/deep/loop',
    'content/file rules/link.yml',
    'content/file rules/linked-folder',
  ])
  assert.equal(rules.length, 1)
})

test('a linked section or manifest is refused too', async (t) => {
  const outside = await folder(t, { 'a.yml': RULE, 'pack.yaml': MANIFEST })
  const dir = await folder(t, { 'README.md': 'x' })
  await symlink(join(outside, 'pack.yaml'), join(dir, 'placeholders.yml'))
  await symlink(outside, join(dir, 'rules'))
  await symlink(join(outside, 'pack.yaml'), join(dir, 'pack.yaml'))
  const read = await readPackFolder(dir)
  assert.deepEqual(read.rules, [])
  assert.equal(read.manifest, null)
  assert.deepEqual(
    read.diagnostics.map((one) => one.code),
    ['content/file', 'content/file', 'content/file'],
  )
})

test('a missing manifest is a diagnostic; a missing folder is an error', async (t) => {
  const dir = await folder(t, { 'rules/netcat.yml': RULE })
  assert.deepEqual(
    (await readPackFolder(dir)).diagnostics.map((one) => one.code),
    ['content/file'],
  )
  await assert.rejects(
    readPackFolder(join(dir, 'absent')),
    (error) => error instanceof PackFolderError && error.code === 'pack-folder/unreadable',
  )
})

test('a folder of rules that is no pack is read with the manifest that it is given', async (t) => {
  const dir = await folder(t, { 'netcat.yml': RULE, 'deep/er/other.yml': RULE.replace('0001', '0002'), 'a.md': 'x' })
  assert.equal(await isPackFolder(dir), false)
  assert.equal(await isPackFolder(await folder(t, GOOD)), true)
  assert.equal(await isPackFolder(join(dir, 'absent')), false)
  const manifest = parseYaml(MANIFEST, 'pack.yaml')
  const read = await readRuleFolder(dir, manifest)
  assert.equal(read.manifest, manifest)
  assert.deepEqual(
    read.rules.map(({ file }) => file),
    ['deep/er/other.yml', 'netcat.yml'],
  )
  assert.deepEqual(read.diagnostics, [])
})
