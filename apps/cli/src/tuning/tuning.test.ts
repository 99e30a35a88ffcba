import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { compilePack, parsePack, verifyImage, verifyTuning } from '@firebreak/content'
import { createEngine, type Engine, ENGINE_CONTRACT, type HostEvent } from '@firebreak/detect'
import { readPackFolder } from '@firebreak/pack-folder'
import { acceptCustomerPolicy } from '@firebreak/rollout'
import { lastJson, runCli, temporaryFolder } from '../cli.fixture.ts'
import { STARTER_PACK } from '../places.ts'

const MINER = 'e8ac0ec6-9925-41aa-9241-99235b3927bd'
const FILTER = `
title: The mining lab
logsource: { category: process_creation, product: linux }
filter:
  rules: [${MINER}]
  lab: { User: miner }
  condition: not lab
`
const NAMELESS = FILTER.replace(MINER, 'no-such-rule')
const UNKNOWN = FILTER.replace(MINER, MINER.replaceAll('e', 'f'))

/** What fires on each event of the pack's own tests. */
function verdicts(engine: Engine, events: readonly HostEvent[]): readonly (readonly string[])[] {
  return events.map((event) => engine.evaluate(event).map(({ ruleId }) => ruleId))
}

test('a tuning takes one rule from one user, and nothing else from the starter pack', async (context) => {
  const folder = temporaryFolder(context)
  mkdirSync(join(folder, 'filters'))
  writeFileSync(join(folder, 'filters', 'lab.yml'), FILTER)
  const out = join(folder, 'tuning.fbi')
  const ended = await runCli(
    ['tuning', 'compile', join(folder, 'filters'), '--pack', STARTER_PACK, '--out', out, '--json'],
    folder,
  )
  assert.equal(ended.code, 0, ended.stderr)
  assert.deepEqual([lastJson(ended)['filters'], lastJson(ended)['unknownTargets']], [1, []])

  const parsed = parsePack(await readPackFolder(STARTER_PACK))
  const image = verifyImage(compilePack(parsed).image)
  const given = parsed.tests.flatMap(({ logsource, match, ignore }) =>
    [...match, ...ignore].map(({ fields }) => ({ fields, category: logsource.category ?? '' })),
  )
  for (const User of ['miner', 'somebody']) {
    const events = given.map(({ category, fields }) => {
      return { category, product: 'linux', timeMs: 1_000, fields: { ...fields, User } }
    })
    const before = verdicts(createEngine(image, ENGINE_CONTRACT), events)
    const tuned = createEngine(image, ENGINE_CONTRACT, verifyTuning(new Uint8Array(readFileSync(out))))
    const expected = before.map((ids) => (User === 'miner' ? ids.filter((id) => id !== MINER) : ids))
    assert.ok(before.some((ids) => ids.includes(MINER)))
    assert.deepEqual(verdicts(tuned, events), expected)
    assert.equal(tuned.counters().suppressedByTuning > 0, User === 'miner')
  }
})

test('filters become a signed policy that a host takes', async (context) => {
  const folder = temporaryFolder(context)
  const [key, out, lab] = ['customer.pem', 'policy.json', 'lab.yml'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(lab, FILTER)
  const made = await runCli(['policy', 'key', key, '--json'], folder)
  assert.equal(made.code, 0, made.stderr)
  const args = ['policy', 'sign', '--key', key, '--customer', 'acme', '--generation', '3', '--out', out, '--json']
  const signed = await runCli([...args, '--tuning', lab], folder)
  assert.equal(signed.code, 0, signed.stderr)
  assert.equal(lastJson(signed)['filters'], 1)
  const publicKey = String(lastJson(made)['publicKey'])
  const policy = acceptCustomerPolicy(new Uint8Array(readFileSync(out)), {
    key: publicKey,
    held: null,
    verifyTuning,
    nowMs: 0,
  })
  assert.deepEqual([policy.customer, policy.generation], ['acme', 3])
  const { pack, version } = verifyTuning(policy.tuning ?? new Uint8Array(0))
  assert.deepEqual([pack, version], ['acme', '3.0.0'])
  // A key that is there is never replaced.
  assert.equal((await runCli(['policy', 'key', key], folder)).code, 2)
})

test('what is wrong is told with its place, and nothing is written', async (context) => {
  const folder = temporaryFolder(context)
  const out = join(folder, 'out')
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const rule = readFileSync(join(STARTER_PACK, 'rules/process_creation/cryptocurrency-miner.yml'), 'utf8')
  const rows: readonly (readonly [what: string, args: readonly string[], code: number, said: RegExp])[] = [
    ['a name without the pack', [write('a.yml', NAMELESS)], 3, /a\.yml:2:1: .*name the rule by its id/],
    ['a rule', [write('b.yml', rule)], 3, /b\.yml:1:1: .*filters only/],
    ['no YAML', [write('c.yml', 'a: [')], 3, /c\.yml:1:\d+: /],
    ['no such file', [join(folder, 'nowhere')], 2, /Cannot read filters/],
    ['no version', [write('d.yml', FILTER), '--image-version', 'x'], 2, /three numbers/],
    ['a name that is none', [write('e.yml', FILTER), '--name', 'A B'], 3, /is no name/],
  ]
  for (const [what, args, code, said] of rows) {
    const ended = await runCli(['tuning', 'compile', ...args, '--out', out], folder)
    assert.equal(ended.code, code, `${what}: ${ended.stderr}`)
    assert.match(ended.stderr, said, what)
  }
  assert.throws(() => readFileSync(out), /ENOENT/)
  const unknown = await runCli(
    ['tuning', 'compile', write('f.yml', UNKNOWN), '--pack', STARTER_PACK, '--out', out],
    folder,
  )
  assert.equal(unknown.code, 0)
  assert.match(unknown.stderr, /no rule of the pack has the id/)
})
