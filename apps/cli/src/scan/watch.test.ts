import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import { Cli, lastJson, runCli, temporaryFolder } from '../cli.fixture.ts'

/** By the folder of Sigma's rules: one rule for each format. */
const RULES: Readonly<Record<string, readonly [logsource: string, detection: string]>> = {
  'sigma-json': ['{category: dns_query, product: linux}', '{s: {QueryName: evil.example}, condition: s}'],
  'sysmon-windows': [
    '{category: process_creation, product: windows}',
    '{s: {Image|endswith: whoami.exe}, condition: s}',
  ],
  'sysmon-linux': ['{category: process_creation, product: linux}', '{s: {Image|endswith: curl}, condition: s}'],
  journald: ['{product: linux, service: sshd}', "{s: ['Failed password'], condition: s}"],
  eslogger: ['{category: process_creation, product: macos}', '{s: {CommandLine|contains: evil}, condition: s}'],
}

/** A line that the rule is for, of each format. */
const LINES: Readonly<Record<string, object>> = {
  'sigma-json': { category: 'dns_query', product: 'linux', QueryName: 'evil.example' },
  'sysmon-windows': { Channel: 'Microsoft-Windows-Sysmon/Operational', EventID: 1, Image: 'C:\\whoami.exe' },
  'sysmon-linux': { Channel: 'Linux-Sysmon/Operational', EventID: 1, Image: '/usr/bin/curl' },
  journald: { __REALTIME_TIMESTAMP: '1700000000000000', SYSLOG_IDENTIFIER: 'sshd', MESSAGE: 'Failed password for x' },
  eslogger: {
    time: '2023-11-14T22:13:20Z',
    process: { executable: { path: '/bin/zsh' } },
    event: { exec: { args: ['evil'], target: { executable: { path: '/tmp/evil' } } } },
  },
}

function rulesFor(context: TestContext): string {
  const folder = temporaryFolder(context)
  mkdirSync(join(folder, 'rules'))
  for (const [i, [format, [logsource, detection]]] of Object.entries(RULES).entries()) {
    const id = `${String(i + 1).repeat(8)}-1111-4111-8111-111111111111`
    const rule = [
      `title: Of ${format}`,
      `id: ${id}`,
      'status: test',
      'description: A rule.',
      'author: Firebreak',
      'date: 2026-11-21',
      'tags: [attack.discovery]',
      `logsource: ${logsource}`,
      `detection: ${detection}`,
      'level: high',
    ]
    writeFileSync(join(folder, 'rules', `${format}.yml`), rule.join('\n'))
  }
  return folder
}

const MAIN = new URL('../main.ts', import.meta.url).pathname

async function watchInput(folder: string, input: string, ...args: readonly string[]) {
  const env = { ...process.env, HOME: folder }
  const all = [MAIN, 'watch', '--rules', join(folder, 'rules'), ...args]
  const child = spawn(process.execPath, all, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  child.stdin.end(input)
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await closed) as [number | null]
  return { code, stdout, stderr }
}

describe('firebreak watch', () => {
  for (const [format, line] of Object.entries(LINES)) {
    test(`${format}: what matches, and what was no event`, async (t) => {
      const folder = rulesFor(t)
      const input = ['not JSON', JSON.stringify(line), '{}', '', JSON.stringify(line)].join('\n')
      const ended = await watchInput(folder, input, '--format', format, '--json')
      assert.equal(ended.code, 0, ended.stderr)
      const said = ended.stdout.trim().split('\n').map((one) => JSON.parse(one) as Record<string, unknown>) // prettier-ignore
      assert.deepEqual(said.slice(0, -1).map(({ title, place }) => [title, place]), [[`Of ${format}`, 2], [`Of ${format}`, 4]]) // prettier-ignore
      const { ok, events, unrouted, detections, refused } = said.at(-1) ?? {}
      const isAny = format === 'sigma-json' // where an empty object is an event of no log source
      assert.deepEqual([ok, events, unrouted, detections], [true, isAny ? 3 : 2, isAny ? 1 : 0, 2])
      assert.deepEqual(refused, { 'too-long': 0, malformed: 1, 'other-shape': isAny ? 0 : 1, 'not-supplied': 0 })
      assert.match(ended.stderr, /1 line skipped: malformed/)
    })
  }

  test('text is a line for each detection; --fail-on and --level are as of scan', async (t) => {
    const folder = rulesFor(t)
    const input = `${JSON.stringify({ QueryName: 'evil.example', time: '2023-11-14T22:13:20Z' })}\n`
    const declared = ['--product', 'linux', '--category', 'dns_query']
    const found = await watchInput(folder, input, ...declared, '--fail-on', 'high', '-')
    assert.equal(found.code, 4, found.stderr)
    assert.match(found.stdout, /^2023-11-14T22:13:20.000Z +high .*Of sigma-json +QueryName="evil\.example" +-:1\n$/)
    const below = await watchInput(folder, input, ...declared, '--level', 'critical', '--fail-on', 'high')
    assert.deepEqual([below.code, below.stdout], [0, ''], below.stderr)
  })

  test('a correlation fires when its time is over, by the time of the events', async (t) => {
    const folder = rulesFor(t)
    const correlation = `${['title: Many', 'id: 99999999-1111-4111-8111-111111111111', 'status: test', 'description: Many.', 'author: Firebreak', 'date: 2026-11-21', 'level: critical'].join('\n')}
correlation:
  type: event_count
  rules: [11111111-1111-4111-8111-111111111111]
  group-by: [QueryName]
  timespan: 1m
  condition: {gte: 3}
` // prettier-ignore
    writeFileSync(join(folder, 'rules', 'many.yml'), correlation)
    const at = (seconds: number) => JSON.stringify({ ...LINES['sigma-json'], time: `2023-11-14T22:13:${20 + seconds}Z` }) // prettier-ignore
    const ended = await watchInput(folder, [at(0), at(1), at(2)].join('\n'), '--level', 'critical')
    assert.equal(ended.code, 0, ended.stderr)
    assert.match(ended.stdout, /^\S+ +critical .*Many/)
  })

  test('a file is followed through rotation until Ctrl-C', async (t) => {
    const folder = rulesFor(t)
    const file = join(folder, 'events.json')
    const line = JSON.stringify(LINES['sysmon-linux'])
    const cli = new Cli(['watch', file, '--format', 'sysmon-linux', '--rules', join(folder, 'rules')], folder)
    writeFileSync(file, `${line}\n`)
    await cli.said(`${file}:1`)
    appendFileSync(file, line)
    renameSync(file, `${file}.1`)
    writeFileSync(file, `${line}\n`)
    await cli.said(`${file}:3`)
    cli.child.kill('SIGINT')
    const ended = await cli.ended
    assert.equal(ended.code, 130, ended.stderr)
    assert.match(ended.stderr, /3 events, 3 detections/)
  })

  const misuse: readonly (readonly [args: readonly string[], code: number])[] = [
    [['--format', 'nonsense'], 2],
    [['--rules', '.', '--pack', '.'], 2],
    [['/', '--rules', 'RULES'], 1],
  ]
  for (const [args, code] of misuse) {
    test(`${args.join(' ')}: exits with ${code}, in words`, async (t) => {
      const folder = rulesFor(t)
      const placed = args.map((arg) => (arg === 'RULES' ? join(folder, 'rules') : arg))
      const ended = await runCli(['watch', ...placed, '--json'], folder)
      assert.equal(ended.code, code, ended.stderr)
      assert.doesNotMatch(ended.stderr, /\n {4}at /, 'no stack trace')
      if (!args.includes('nonsense')) assert.equal(lastJson(ended)['ok'], false)
    })
  }
})
