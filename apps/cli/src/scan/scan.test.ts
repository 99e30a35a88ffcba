import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { lastJson, runCli, temporaryFolder } from '../cli.fixture.ts'

const SELF_TEST = '2da4c2d2-5657-414c-b400-f1d2fa6d8588'
const RULE = `title: Whoami
id: 11111111-1111-4111-8111-111111111111
status: test
description: Somebody asks who they are.
author: Firebreak
date: 2026-11-21
tags: [attack.discovery, attack.t1033]
logsource:
  category: process_creation
  product: windows
detection:
  selection:
    CommandLine|contains: whoami
  condition: selection
level: high
`
const BROKEN_RULE = RULE.replace('contains', 'nonsense').replaceAll('1111', '2222')

/** What the self-test rule of the starter pack matches, once: on line 2. */
const EVENTS = [
  { timestamp: 1_700_000_000_000, Image: '/bin/ls', CommandLine: 'ls' },
  { timestamp: 1_700_000_001_000, Image: '/bin/sleep', CommandLine: 'sleep 0.71924' },
  { Channel: 'Security', EventID: 1 },
]
const DECLARED = ['--product', 'linux', '--category', 'process_creation']
const LINES = EVENTS.map((event) => `${JSON.stringify(event)}\n`).join('')

function folderOf(context: TestContext, files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = temporaryFolder(context)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

describe('firebreak scan', () => {
  const same: readonly (readonly [name: string, content: string | Uint8Array, place: number])[] = [
    ['events.jsonl', LINES, 2],
    ['events.jsonl.gz', gzipSync(LINES), 2],
    ['events.json', JSON.stringify(EVENTS), 1],
    ['pretty.json', JSON.stringify(EVENTS, null, 1), 7],
  ]
  for (const [name, content, place] of same) {
    test(`${name}: one object with what was found, where, and what no rule looked at`, async (t) => {
      const folder = folderOf(t, { [name]: content })
      const ended = await runCli(['scan', join(folder, name), ...DECLARED, '--json'], folder)
      assert.equal(ended.code, 0, ended.stderr)
      const result = lastJson(ended)
      assert.deepEqual(
        [result['ok'], result['events'], result['unrouted'], result['malformed'], result['detections']],
        [true, 3, 1, 0, 1],
      )
      const [finding] = result['findings'] as readonly Readonly<Record<string, unknown>>[]
      assert.deepEqual(
        [finding?.['ruleId'], finding?.['file'], finding?.['place']],
        [SELF_TEST, join(folder, name), place],
      )
      assert.equal(finding?.['time'], '2023-11-14T22:13:21Z')
    })
  }

  test('CSV, a folder of Sigma rules, and sources that the person declares', async (t) => {
    const folder = folderOf(t, {
      'a.csv': 'CommandLine,UtcTime\nwhoami /all,2023-11-14 22:13:20.000\nls,\n',
      'rules/good.yml': RULE,
      'rules/deep/broken.yml': BROKEN_RULE,
      'rules/deep/nonsense.yml': '{',
    })
    const args = ['scan', join(folder, 'a.csv'), '--rules', join(folder, 'rules'), '--format', 'timeline']
    const ended = await runCli([...args, '--product', 'windows', '--category', 'process_creation'], folder)
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(
      ended.stdout,
      /^2023-11-14T22:13:20\.000Z {2}high .*Whoami {2}CommandLine="whoami \/all" {2}.*a\.csv:2\n$/,
    )
    assert.match(ended.stderr, /broken\.yml:\d+:\d+: .*nonsense/)
    assert.match(ended.stderr, /nonsense\.yml:1:/)
  })

  test('the summary counts levels, rules and sources, and hides no silence', async (t) => {
    const folder = folderOf(t, { 'a.jsonl': `${LINES}not json\n{"a":`, 'b.bin': 'nothing that we know' })
    const ended = await runCli(['scan', join(folder, 'a.jsonl'), join(folder, 'b.bin'), ...DECLARED], folder)
    assert.equal(ended.code, 1, 'a file could not be read')
    for (const line of [
      /5 events in 2 files/,
      /informational +1 {2}Firebreak Self-Test/,
      / 2 {2}category: process_creation, product: linux/,
      /1 events met no rule/,
      /2 malformed parts/,
      /a\.jsonl:4: not-an-object/,
      /Cannot read .*b\.bin: expected JSON/,
    ]) {
      assert.match(ended.stdout, line)
    }
    assert.ok(!(ended.stdout + ended.stderr).includes('\u001B'), 'no colours where there is no terminal')
  })

  test('a level hides what is below it, and says how much', async (t) => {
    const folder = folderOf(t, { 'a.jsonl': LINES })
    const ended = await runCli(['scan', join(folder, 'a.jsonl'), ...DECLARED, '--level', 'low', '--json'], folder)
    assert.deepEqual([lastJson(ended)['detections'], lastJson(ended)['belowLevel']], [0, 1])
  })

  test('standard input is a file like others', async (t) => {
    const folder = temporaryFolder(t)
    const child = scanStandardInput(folder, '--json')
    child.stdin.end(gzipSync(LINES))
    const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    const result = JSON.parse(stdout) as Readonly<Record<string, unknown>>
    assert.deepEqual([code, result['events'], result['detections']], [0, 3, 1])
  })

  test('Ctrl-C ends a scan that nothing comes into any more, and reports what was found', async (t) => {
    const folder = temporaryFolder(t)
    const begun = watch(folder, { signal: t.signal })[Symbol.asyncIterator]().next()
    const child = scanStandardInput(folder, '--json', '--out', join(folder, 'report'))
    child.stdin.write(LINES)
    const closed = once(child, 'close')
    await Promise.race([begun, closed])
    child.kill('SIGINT')
    const [stdout, [code]] = await Promise.all([text(child.stdout), closed])
    assert.equal(code, 130)
    assert.equal((JSON.parse(stdout) as Readonly<Record<string, unknown>>)['interrupted'], true)
  })

  const exits: readonly (readonly [args: readonly string[], code: number])[] = [
    [['--fail-on', 'low'], 0],
    [['--fail-on', 'informational'], 4],
    [['--fail-on', 'nonsense'], 2],
    [['--format', 'nonsense'], 2],
    [['--format', 'html', '--json'], 2],
    [['--rules', '.', '--pack', '.'], 2],
    [['--rules', '/nothing/here'], 2],
    [['--pack', '/nothing/here'], 1],
    [['--image', '/dev/null'], 3],
    [['--out', '/nothing/here'], 2],
    [['/nothing/here'], 1],
  ]
  for (const [args, code] of exits) {
    test(`${args.join(' ')}: exits with ${code}, in words`, async (t) => {
      const folder = folderOf(t, { 'a.jsonl': LINES })
      const ended = await runCli(['scan', join(folder, 'a.jsonl'), ...DECLARED, ...args], folder)
      assert.equal(ended.code, code, ended.stderr)
      assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack trace')
    })
  }

  test('jsonl, ECS and OCSF are a line each; SARIF is one log; a file gets the report, standard output the summary', async (t) => {
    const folder = folderOf(t, { 'a.jsonl': LINES })
    const report = async (format: string) => {
      const out = join(folder, 'out')
      const ended = await runCli(
        ['scan', join(folder, 'a.jsonl'), ...DECLARED, '--format', format, '--out', out],
        folder,
      )
      assert.equal(ended.code, 0, ended.stderr)
      assert.match(ended.stdout, /1 detection/)
      const written = readFileSync(out, 'utf8')
      assert.equal(written.trim().split('\n').length, 1)
      return JSON.parse(written) as Record<string, never>
    }
    assert.equal((await report('jsonl'))['ruleId'], SELF_TEST)
    assert.equal((await report('ecs'))['rule']?.['id'], SELF_TEST)
    assert.equal((await report('ocsf'))['class_uid'], 2004)
    const sarif = (await report('sarif')) as unknown as Sarif
    const [run] = sarif.runs
    assert.equal(sarif.version, '2.1.0')
    assert.equal(run?.tool.driver.rules[run.results[0]?.ruleIndex ?? -1]?.id, SELF_TEST)
    const place = run?.results[0]?.locations[0]?.physicalLocation
    assert.deepEqual([place?.artifactLocation.uri, place?.region.startLine], [`file://${folder}/a.jsonl`, 2])
  })
})

function scanStandardInput(folder: string, ...args: readonly string[]) {
  const main = new URL('../main.ts', import.meta.url).pathname
  const env = { ...process.env, HOME: folder }
  return spawn(process.execPath, [main, 'scan', '-', ...DECLARED, ...args], { env, stdio: ['pipe', 'pipe', 'ignore'] })
}

interface Sarif {
  readonly version: string
  readonly runs: readonly {
    readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
    readonly results: readonly {
      readonly ruleIndex: number
      readonly locations: readonly {
        readonly physicalLocation: {
          readonly artifactLocation: { readonly uri: string }
          readonly region: { readonly startLine: number }
        }
      }[]
    }[]
  }[]
}
