import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { compilePack, parsePack } from '@firebreak/content'
import { PackFolderError } from './errors.ts'
import { readPackFolder, YAML_FILE_SIZE_BYTES_MAX } from './pack-folder.ts'

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
    'rules/b-keyword.yml': RULE.replace('    Image|endswith: /nc', '    - /nc').replace('0001', '0002'),
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
      'rules/b-keyword.yml:7:5 content/schema',
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
  await symlink(outside, join(dir, 'rules'))
  await symlink(join(outside, 'pack.yaml'), join(dir, 'pack.yaml'))
  const read = await readPackFolder(dir)
  assert.deepEqual(read.rules, [])
  assert.equal(read.manifest, null)
  assert.deepEqual(
    read.diagnostics.map((one) => one.code),
    ['content/file', 'content/file'],
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
