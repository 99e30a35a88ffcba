import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import { lastJson, runCli, temporaryFolder } from '../cli.fixture.ts'

const id = (number: number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

function rule(number: number, logsource: string, field = 'Image'): string {
  return `title: Rule ${number}
id: ${id(number)}
author: Somebody Else
level: high
logsource: ${logsource}
detection:
  selection:
    ${field}|endswith: /nc
  condition: selection
`
}

const LINUX = '{ category: process_creation, product: linux }'
const WINDOWS = '{ category: process_creation, product: windows }'
const BROKEN = rule(9, LINUX).replace('condition: selection', 'condition: selection and and')

/** A repository with a good rule in each of two folders, and `more`. */
function repository(t: TestContext, more: Readonly<Record<string, string | Uint8Array>> = {}): Places {
  const folder = temporaryFolder(t)
  const repo = join(folder, 'their-rules')
  const files = { 'a/one.yml': rule(1, LINUX), 'b/two.yaml': `# theirs\r\n${rule(2, WINDOWS)}`, ...more }
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(repo, name)), { recursive: true })
    writeFileSync(join(repo, name), content)
  }
  return { folder, repo, out: join(folder, 'out') }
}

interface Places {
  readonly folder: string
  readonly repo: string
  readonly out: string
}

function importing({ folder, repo }: Places, ...args: readonly string[]) {
  return runCli(['import', 'sigma', repo, '--json', ...args], folder)
}

function filesBelow(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
    .toSorted()
}

describe('import sigma', () => {
  test('without --out it only says what there is', async (t) => {
    const places = repository(t)
    const ended = await importing(places)
    assert.equal(ended.code, 0, ended.stderr)
    const { taken, refused, pack } = lastJson(ended)
    assert.deepEqual({ taken, refused, pack }, { taken: 2, refused: [], pack: null })
    assert.deepEqual(readdirSync(places.folder), ['their-rules'])
  })

  test('the pack has the same bytes and passes the check', async (t) => {
    const places = repository(t, { LICENSE: 'Detection Rule License', 'README.md': 'Not taken.' })
    const ended = await importing(places, '--out', places.out)
    assert.equal(ended.code, 0, ended.stderr)
    assert.deepEqual(filesBelow(places.out), [
      'LICENSE',
      'import.json',
      'pack.yaml',
      'rules/a/one.yml',
      'rules/b/two.yaml',
    ])
    for (const file of ['a/one.yml', 'b/two.yaml']) {
      assert.deepEqual(readFileSync(join(places.out, 'rules', file)), readFileSync(join(places.repo, file)))
    }
    const checked = await runCli(['check', places.out, '--json'], places.folder)
    assert.equal(checked.code, 0, checked.stderr)
    assert.equal(lastJson(checked)['rules'], 2)
    assert.equal(lastJson(checked)['pack'], 'out')
    assert.deepEqual(readdirSync(places.folder).toSorted(), ['out', 'their-rules'], 'no draft is left')
  })

  test('everything that can not be taken has its place and reason, and hides nothing', async (t) => {
    const places = repository(t, {
      'c/broken.yml': BROKEN,
      'c/no-yaml.yml': 'title: [',
      'c/no-rule.yml': 'nothing: of the kind\n',
      'c/no-text.yml': Uint8Array.of(0xff, 0xfe),
      'c/too-large.yml': `# ${'x'.repeat(1024 * 1024)}`,
      'd/again.yml': rule(1, LINUX),
    })
    symlinkSync('../a/one.yml', join(places.repo, 'd/link.yml'))
    symlinkSync('..', join(places.repo, 'd/loop'))
    const ended = await importing(places, '--out', places.out)
    assert.equal(ended.code, 0, ended.stderr)
    const listed = ended.stderr
      .split('\n')
      .flatMap((line) => /^(\S+:\d+:\d+): Cannot .*\[(\S+)\]$/.exec(line)?.slice(1, 3).join(' ') ?? [])
    assert.deepEqual(
      listed.map((line) => line.replace(/:\d+:\d+/, '')),
      [
        'c/broken.yml content/condition',
        'c/no-rule.yml content/schema',
        'c/no-text.yml content/file',
        'c/no-yaml.yml content/yaml',
        'c/too-large.yml content/limit',
        'd/again.yml content/schema',
        'd/link.yml content/file',
        'd/loop content/file',
      ],
    )
    assert.ok(listed.includes('c/broken.yml:9:14 content/condition'), listed.join('\n'))
    const { taken, refusedFiles } = lastJson(ended)
    assert.deepEqual({ taken, refusedFiles }, { taken: 2, refusedFiles: 8 })
    assert.deepEqual(filesBelow(join(places.out, 'rules')), ['a/one.yml', 'b/two.yaml'])
    const record = JSON.parse(readFileSync(join(places.out, 'import.json'), 'utf8')) as { refused: unknown[] }
    assert.equal(record.refused.length, listed.length)
  })

  test('--strict refuses all of it for one', async (t) => {
    const places = repository(t, { 'c/broken.yml': BROKEN })
    const ended = await importing(places, '--strict', '--out', places.out)
    assert.equal(ended.code, 3)
    assert.equal(existsSync(places.out), false)
    const sound = repository(t)
    assert.equal((await importing(sound, '--strict')).code, 0)
  })

  test('--for leaves out what can not fire, and names it', async (t) => {
    const places = repository(t, { 'a/field.yml': rule(3, LINUX, 'OriginalFileName') })
    const ended = await importing(places, '--for', 'linux', '--out', places.out)
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(ended.stderr, /a\/field\.yml:1:1: Cannot fire .* needs OriginalFileName, .*\[needs-field\]/)
    assert.deepEqual(filesBelow(join(places.out, 'rules')), ['a/one.yml'])
    const leftOut = lastJson(ended)['leftOut'] as readonly { title: string; reasons: readonly { code: string }[] }[]
    assert.deepEqual(
      leftOut.map(({ title, reasons }) => [title, reasons[0]?.code]),
      [
        ['Rule 3', 'needs-field'],
        ['Rule 2', 'no-route'],
      ],
    )
  })

  test('a repository has folders of rules and others', async (t) => {
    const places = repository(t, {
      'rules/one.yml': rule(3, LINUX),
      'rules/deprecated/old.yml': rule(4, LINUX),
      'rules-hunting/two.yml': rule(5, LINUX),
      'unsupported/x.yml': rule(6, LINUX),
      '.github/x.yml': 'on: push',
    })
    const some = lastJson(await importing(places))
    assert.equal(some['taken'], 2)
    assert.deepEqual(some['skippedFolders'], ['rules/deprecated', '.github', 'a', 'b', 'unsupported'])
    const all = lastJson(await importing(places, '--all'))
    assert.deepEqual([all['taken'], all['refusedFiles'], all['skippedFolders']], [6, 1, []])
  })

  test('files of several documents are taken or refused whole', async (t) => {
    const places = repository(t, {
      'c/both.yml': `${rule(3, LINUX)}---\n${rule(4, WINDOWS)}`,
      'c/half.yml': `${rule(5, LINUX)}---\n${BROKEN}`,
    })
    const ended = await importing(places, '--out', places.out)
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(ended.stderr, /c\/half\.yml:1:1: left out, because its file holds what is refused/)
    assert.deepEqual(filesBelow(join(places.out, 'rules')), ['a/one.yml', 'b/two.yaml', 'c/both.yml'])
    const forLinux = await importing(places, '--for', 'linux')
    assert.match(forLinux.stderr, /c\/both\.yml:\d+:1: can't fire, stays because its file holds a rule that can/)
    assert.equal(lastJson(forLinux)['taken'], 3)
  })

  test('what refers to a rule that is not taken is not taken either', async (t) => {
    const filter = (number: number) => `title: Not the backup
logsource: ${LINUX}
filter:
  rules: [${id(number)}]
  backup:
    Image: /usr/bin/rsync
  condition: not backup
`
    const places = repository(t, {
      'c/good.yml': filter(1),
      'c/dangling.yml': filter(9),
      'c/for-silent.yml': filter(3),
      'c/broken.yml': BROKEN,
      'c/left-out.yml': rule(3, LINUX, 'OriginalFileName'),
    })
    const ended = await importing(places, '--for', 'linux', '--out', places.out)
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(ended.stderr, /c\/dangling\.yml:\d+:\d+: Cannot .*000000000009.*\[content\//)
    assert.match(ended.stderr, /c\/for-silent\.yml:\d+:\d+: Cannot .*000000000003.*\[content\//)
    assert.deepEqual(filesBelow(join(places.out, 'rules')), ['a/one.yml', 'c/good.yml'])
  })

  test('file names can not write to the terminal', async (t) => {
    const places = repository(t, { 'c/\u001B[2Jx.yml': 'title: [' })
    const ended = await importing(places)
    assert.equal(ended.code, 0, ended.stderr)
    assert.ok(!ended.stderr.includes('\u001B[2J'))
  })

  const refused: readonly (readonly [what: string, code: number, args: (places: Places) => readonly string[]])[] = [
    ['a folder that is not there', 2, ({ repo }) => [join(repo, 'nothing')]],
    ['a file', 2, ({ repo }) => [join(repo, 'a/one.yml')]],
    ['a folder without rules', 3, ({ repo }) => [join(repo, 'empty')]],
    ['only what can not fire', 3, ({ repo }) => [join(repo, 'b'), '--for', 'linux']],
    ['a pack where there is something', 2, ({ repo }) => [repo, '--out', join(repo, 'a')]],
    ['a pack where there is a file', 2, ({ repo }) => [repo, '--out', join(repo, 'a/one.yml')]],
    ['a name that packs can not have', 2, ({ repo }) => [repo, '--name', 'No Name']],
    ['a system without a sensor', 2, ({ repo }) => [repo, '--for', 'plan9']],
    ['no folder', 2, () => []],
  ]
  for (const [what, code, args] of refused) {
    test(`exits with ${code}: ${what}`, async (t) => {
      const places = repository(t)
      mkdirSync(join(places.repo, 'empty'))
      const before = filesBelow(places.folder)
      const ended = await runCli(['import', 'sigma', ...args(places)], places.folder)
      assert.equal(ended.code, code, ended.stderr)
      assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack trace')
      assert.deepEqual(filesBelow(places.folder), before)
    })
  }
})

const SIGMA = join(import.meta.dirname, '../../../../../shared/data/sigma')
const skip = existsSync(join(SIGMA, 'rules')) ? false : 'no SigmaHQ rules beside this repository'

test('of SigmaHQ at most two rules are refused', { skip }, async (t) => {
  const folder = temporaryFolder(t)
  const ended = await runCli(['import', 'sigma', SIGMA, '--json'], folder)
  assert.equal(ended.code, 0, ended.stderr)
  const { taken, refusedFiles, coverage } = lastJson(ended) as {
    readonly taken: number
    readonly refusedFiles: number
    readonly coverage: { readonly rules: number; readonly canFire: number }
  }
  assert.ok(refusedFiles <= 2, `${refusedFiles} refused`)
  assert.equal(coverage.rules, taken)
  t.diagnostic(`${taken} taken, ${refusedFiles} refused, ${coverage.canFire} can fire on the Linux sensor`)
})
