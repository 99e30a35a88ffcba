import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { temporaryFolder } from './cli.fixture.ts'
import { CODE_FOLDER } from './places.ts'
import { program } from './program.ts'

const CI = join(CODE_FOLDER, 'ci')
const read = (file: string): string => readFileSync(join(CI, file), 'utf8')

type Map = { readonly [key: string]: unknown }
const mapOf = (value: unknown): Map => {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value))
  return value as Map
}
const listOf = (value: unknown): readonly Map[] => {
  assert.ok(Array.isArray(value))
  return value.map(mapOf)
}
const yaml = (file: string): Map => mapOf(parse(read(file), { strict: true, uniqueKeys: true }))

const SCRIPT = read('gate.sh')
/** What the script reads from its environment. */
const READ = new Set(SCRIPT.match(/(?<=\$\{)GATE_[A-Z]+/g))

describe('the script of both', () => {
  test('asks only what the command line knows', () => {
    const gate = program().commands.find((one) => one.name() === 'gate')
    const known = new Set(gate?.options.map(({ long }) => long))
    const asked = new Set(SCRIPT.match(/(?<=set -- .*)--[a-z]+(?= )/g))
    assert.ok(asked.size >= 8, [...asked].join(' '))
    assert.deepEqual(
      [...asked].filter((option) => !known.has(option)),
      [],
    )
  })

  /** A gate that writes down how it was called, and ends as it is told. */
  function run(folder: string, env: Readonly<Record<string, string>>, code: number) {
    const firebreak = join(folder, 'firebreak')
    const told = join(folder, 'told')
    const script = `#!/bin/sh\nprintf '%s\\n' "$@" >${told}\nenv >${told}.env\nfor a in "$@"; do case $a in */tmp.*) cat "$a" >${told}.key; stat -c %a "$a" >${told}.mode; echo "$a" >${told}.path; esac; done\nexit ${code}\n`
    writeFileSync(firebreak, script)
    chmodSync(firebreak, 0o755)
    const own = { PATH: process.env['PATH'] ?? '', FIREBREAK: firebreak, GATE_OUT: join(folder, 'out'), TMPDIR: folder }
    const { status, stderr } = spawnSync(join(CI, 'gate.sh'), { env: { ...own, ...env }, encoding: 'utf8' })
    return { status, stderr, told }
  }

  const verdicts: readonly (readonly [code: number, verdict: string])[] = [
    [0, 'pass'],
    [3, 'fail'],
    [5, 'broken'],
    [6, 'inconclusive'],
    [2, 'none'],
    [1, 'none'],
    [130, 'none'],
  ]
  for (const [code, verdict] of verdicts) {
    test(`ends with ${code} when the gate does, and says ${verdict}`, (t) => {
      const folder = temporaryFolder(t)
      const output = join(folder, 'github')
      const { status } = run(folder, { GATE_PACK: 'pack', GITHUB_OUTPUT: output }, code)
      assert.equal(status, code)
      assert.equal(readFileSync(join(folder, 'out', 'verdict'), 'utf8'), `${verdict}\n`)
      assert.equal(readFileSync(output, 'utf8'), `verdict=${verdict}\n`)
    })
  }

  test('hands every word on as it is', (t) => {
    const folder = temporaryFolder(t)
    const hostile = '$(touch x) `id` "; a *'
    const env = { GATE_PACK: hostile, GATE_HISTORY: 'a b.json\n*.json', GATE_CORPUS: hostile, GATE_SEED: '7' }
    const { told } = run(folder, { ...env, GATE_POLICY: 'p', GATE_AGAINST: 'i' }, 0)
    const out = join(folder, 'out')
    const files = ['--report', `${out}/gate-report.json`, '--html', `${out}/gate.html`, '--sarif', `${out}/gate.sarif`]
    const options = ['--policy', 'p', '--against', 'i', '--seed', '7']
    const lists = ['--history', 'a b.json', '--history', '*.json', '--corpus', hostile]
    assert.deepEqual(readFileSync(told, 'utf8').split('\n'), ['gate', hostile, ...files, ...options, ...lists, ''])
  })

  test('keeps the key from every process that it starts, and leaves none behind', (t) => {
    const folder = temporaryFolder(t)
    const { told, status } = run(folder, { GATE_PACK: 'pack', GATE_KEY: 'line 1\nline 2' }, 3)
    assert.equal(status, 3)
    assert.equal(readFileSync(`${told}.key`, 'utf8'), 'line 1\nline 2\n')
    assert.equal(readFileSync(`${told}.mode`, 'utf8'), '600\n')
    assert.doesNotMatch(readFileSync(`${told}.env`, 'utf8'), /line 1|GATE_KEY/)
    assert.equal(existsSync(readFileSync(`${told}.path`, 'utf8').trim()), false)
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('tmp.')),
      [],
    )
  })
})

describe('on GitHub', () => {
  const action = yaml('github/action.yml')
  const workflow = yaml('github/example-workflow.yml')
  const runs = mapOf(action['runs'])
  const jobs = Object.values(mapOf(workflow['jobs'])).map(mapOf)
  const steps = [...listOf(runs['steps']), ...jobs.flatMap((job) => listOf(job['steps']))]

  test('every input reaches the script, and nothing else is asked of it', () => {
    const [gate] = listOf(runs['steps'])
    const env = mapOf(gate?.['env'])
    assert.deepEqual(new Set(Object.keys(env)), READ)
    const used = JSON.stringify(runs['steps'])
    for (const input of Object.keys(mapOf(action['inputs']))) assert.ok(used.includes(`inputs.${input}`), input)
    assert.equal(runs['using'], 'composite')
    assert.equal(gate?.['run'], '"$GITHUB_ACTION_PATH/../gate.sh"')
  })

  test('nothing that others write becomes part of a command', () => {
    for (const { run } of steps) assert.doesNotMatch(typeof run === 'string' ? run : '', /\$\{\{/)
  })

  test('every action is pinned by its commit', () => {
    const used = steps.map(({ uses }) => uses).filter((uses) => typeof uses === 'string')
    assert.ok(used.length >= 6)
    for (const uses of used) assert.match(uses, /^[\w./-]+@[0-9a-f]{40}$/)
  })

  test('the example asks for the least, and gives the key to what was merged only', () => {
    assert.deepEqual(workflow['permissions'], {})
    const [attempt, gate] = jobs
    assert.deepEqual(attempt?.['permissions'], { contents: 'read' })
    assert.deepEqual(gate?.['permissions'], { contents: 'read', 'security-events': 'write' })
    assert.doesNotMatch(JSON.stringify(attempt), /secrets\./)
    assert.equal(gate?.['environment'], 'release-gate')
    assert.deepEqual(mapOf(workflow['on'])['pull_request_target'], undefined)
    for (const step of steps.filter(({ uses }) => String(uses).startsWith('actions/checkout@'))) {
      assert.equal(mapOf(step['with'])['persist-credentials'], false)
    }
    const inputs = Object.keys(mapOf(action['inputs']))
    for (const step of steps.filter(({ uses }) => String(uses).includes('/ci/github@'))) {
      assert.deepEqual(
        Object.keys(mapOf(step['with'])).filter((name) => !inputs.includes(name)),
        [],
      )
    }
  })

  test('results are kept whatever the verdict', () => {
    const kept = listOf(runs['steps']).slice(1)
    for (const step of kept) assert.match(String(step['if']), /!cancelled\(\)/)
  })
})

test('on GitLab: the same script, its results kept, no failure allowed', () => {
  const template = mapOf(yaml('gitlab/firebreak-gate.yml')['.firebreak-gate'])
  assert.deepEqual(template['script'], ['/opt/firebreak/ci/gate.sh'])
  assert.equal(template['allow_failure'], false)
  const artifacts = mapOf(template['artifacts'])
  assert.equal(artifacts['when'], 'always')
  assert.deepEqual(artifacts['paths'], ['firebreak-gate/'])
  const own = Object.keys(mapOf(template['variables'])).filter((name) => name.startsWith('GATE_'))
  assert.deepEqual(
    own.filter((name) => !READ.has(name)),
    [],
  )
  assert.match(read('gitlab/firebreak-gate.yml'), /fetch .*"\$FIREBREAK_COMMIT"/)
})
