import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { generateSigner, type Signer } from '@firebreak/crypto'
import { toBase64 } from '@firebreak/kernel'
import { signCustomerPolicy, signStopToken, type StopRule, type StopToken } from '@firebreak/rollout'
import { agentPaths } from '../config.ts'
import { StopGuard } from './stop-guard.ts'
import { parseStopAnswer, USED_TOKENS_MAX } from './stop-messages.ts'
import { policyOf } from '../testing/policies.ts'

const customer = generateSigner().signer
const stranger = generateSigner().signer
const NOW_MS = 1_000_000_000
const HOST = 'h-1'
const ID = 'a'.repeat(32)

/** A folder, a guard on it, and what it told. */
class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), 'firebreak-stop-'))
  readonly paths = agentPaths(this.folder)
  readonly stops: string[] = []
  readonly notices: string[] = []
  nowMs = NOW_MS

  constructor(context: TestContext) {
    context.after(() => rmSync(this.folder, { recursive: true, force: true }))
  }

  open(): Promise<StopGuard> {
    return StopGuard.open({
      paths: this.paths,
      nowMs: () => this.nowMs,
      onNotice: (code, message) => this.notices.push(`${code} ${message}`),
      onStop: (reason) => this.stops.push(reason),
    })
  }

  policy(stop: StopRule, generation = 1, by: Signer = customer): void {
    const value = policyOf({ generation, stop })
    writeFileSync(this.paths.policy, signCustomerPolicy(value, by))
    writeFileSync(this.paths.customerKey, by.publicKey)
  }

  /** Lays a request there, has it looked at, and says what was answered. */
  async ask(guard: StopGuard, token: Uint8Array | null, host: string | null = HOST): Promise<string> {
    const request = { id: ID, reason: 'spring cleaning', token: token && toBase64(token) }
    writeFileSync(this.paths.stopRequest, JSON.stringify(request))
    await guard.look(host)
    assert.ok(!existsSync(this.paths.stopRequest), 'the request was taken away')
    const { id, granted, code, message } = parseStopAnswer(readFileSync(this.paths.stopAnswer))
    assert.equal(id, ID)
    return granted ? message : code
  }
}

const token = (over: Partial<StopToken> = {}, by: Signer = customer) =>
  signStopToken(
    { kind: 'stop-token', host: HOST, reason: 'kernel update', notAfterMs: NOW_MS + 1_000, nonce: ID, ...over },
    by,
  )

test('without a policy, and with one that leaves stops free, everybody who may ask is obeyed', async (context) => {
  for (const prepare of [() => {}, (bench: Bench) => bench.policy('free')]) {
    const bench = new Bench(context)
    prepare(bench)
    assert.equal(await bench.ask(await bench.open(), null), 'firebreak agent stop: spring cleaning')
    const guard = await bench.open()
    await guard.signalled('SIGTERM')
    await guard.signalled('SIGTERM')
    assert.deepEqual(bench.stops, ['firebreak agent stop: spring cleaning', 'signal SIGTERM'])
    assert.deepEqual(bench.notices, [])
  }
})

test('where the policy asks for a token only a valid one is obeyed; everything else is a notice', async (context) => {
  const refused: readonly (readonly [string, string, (bench: Bench, guard: StopGuard) => Promise<string>])[] = [
    ['none', 'rollout/stop-signature', (bench, guard) => bench.ask(guard, null)],
    ["another host's", 'rollout/stop-host', (bench, guard) => bench.ask(guard, token({ host: 'h-2' }))],
    ['of nobody', 'rollout/stop-signature', (bench, guard) => bench.ask(guard, token(), null)],
    ['by a stranger', 'rollout/stop-signature', (bench, guard) => bench.ask(guard, token({}, stranger))],
    ['expired', 'rollout/stop-expired', (bench, guard) => bench.ask(guard, token({ notAfterMs: NOW_MS - 1 }))],
    ['nonsense', 'kernel/malformed', (bench, guard) => bench.ask(guard, Uint8Array.of(1))],
    ['empty', 'kernel/malformed', (bench, guard) => bench.ask(guard, new Uint8Array(0))],
  ]
  const bench = new Bench(context)
  bench.policy('token')
  const guard = await bench.open()
  for (const [what, code, ask] of refused) {
    assert.equal(await ask(bench, guard), code, what)
    assert.match(bench.notices.at(-1) ?? '', /^tamper\/stop-refused /, what)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) await guard.signalled(signal)
  assert.equal(bench.notices.length, refused.length + 3)
  assert.deepEqual(bench.stops, [])
  assert.equal(await bench.ask(guard, token()), 'stop token: kernel update')
  assert.deepEqual(bench.stops, ['stop token: kernel update'])
})

test('a token is good once, also over a restart; a list of used ones that is full or damaged refuses', async (context) => {
  const bench = new Bench(context)
  bench.policy('token')
  assert.equal(await bench.ask(await bench.open(), token()), 'stop token: kernel update')
  assert.equal(await bench.ask(await bench.open(), token()), 'rollout/stop-used')
  assert.equal(await bench.ask(await bench.open(), token({ nonce: 'b'.repeat(32) })), 'stop token: kernel update')
  const used = Array.from({ length: USED_TOKENS_MAX }, () => ({ digest: '0'.repeat(64), notAfterMs: NOW_MS + 500 }))
  writeFileSync(bench.paths.usedTokens, JSON.stringify(used))
  const next = token({ nonce: 'c'.repeat(32) })
  assert.equal(await bench.ask(await bench.open(), next), 'rollout/stop-used')
  bench.nowMs += 501 // those have expired, this one has not
  assert.equal(await bench.ask(await bench.open(), next), 'stop token: kernel update')
  writeFileSync(bench.paths.usedTokens, 'nonsense')
  assert.equal(await bench.ask(await bench.open(), token({ nonce: 'd'.repeat(32) })), 'kernel/malformed')
  rmSync(bench.paths.usedTokens)
  await bench.open().then((guard) => bench.ask(guard, token({ nonce: 'e'.repeat(32) })))
  const stops = bench.stops.length
  rmSync(bench.folder, { recursive: true })
  assert.equal(stops, 4)
})

test('a policy that vanishes or is exchanged behind our back loosens nothing and is a notice', async (context) => {
  const bench = new Bench(context)
  const ways: readonly (readonly [string, RegExp, () => void])[] = [
    ['gone', /is gone/, () => rmSync(bench.paths.policy)],
    ['of another key', /another key/, () => bench.policy('free', 9, stranger)],
    ['older', /older/, () => bench.policy('free', 1)],
    ['damaged', /can't be read/, () => writeFileSync(bench.paths.policy, '{}')],
    ['signed by another', /can't be read/, () => {
      bench.policy('free', 9, stranger)
      writeFileSync(bench.paths.customerKey, customer.publicKey)
    }],
  ] // prettier-ignore
  for (const [what, words, change] of ways) {
    bench.notices.length = 0
    bench.policy('token', 2)
    const guard = await bench.open()
    change()
    await guard.signalled('SIGTERM')
    assert.equal(bench.notices.length, 2, what)
    assert.match(bench.notices[0] ?? '', words, what)
    assert.match(bench.notices[1] ?? '', /stop-refused/, what)
    bench.policy('free', 3)
    await guard.signalled('SIGTERM')
    assert.equal(bench.stops.pop(), 'signal SIGTERM', 'a newer policy of the same customer is obeyed')
  }
})

test('a policy that could not be read at the start counts as strict', async (context) => {
  const bench = new Bench(context)
  bench.policy('free')
  writeFileSync(bench.paths.policy, 'nonsense')
  const guard = await bench.open()
  await guard.signalled('SIGTERM')
  for (const leave of [null, token()]) {
    assert.equal(await bench.ask(guard, leave), 'rollout/stop-signature')
    assert.match(bench.notices.at(-1) ?? '', /can't be read.*apply it again/)
  }
  rmSync(bench.paths.policy)
  await guard.signalled('SIGTERM')
  assert.deepEqual(bench.stops, [], 'nor when it is gone then')
  bench.policy('free', 2)
  await guard.look(HOST)
  await guard.signalled('SIGTERM')
  assert.deepEqual(bench.stops, ['signal SIGTERM'])
})

test('requests that are malformed, too large or older than this run stop nothing', async (context) => {
  const bench = new Bench(context)
  writeFileSync(bench.paths.stopRequest, JSON.stringify({ id: ID, reason: 'old', token: null }))
  const guard = await bench.open()
  await guard.look(HOST)
  for (const text of ['', '{}', '[]', `{"id":"${ID}","reason":1,"token":null}`, 'x'.repeat(20_000)]) {
    writeFileSync(bench.paths.stopRequest, text)
    await guard.look(HOST)
    assert.ok(!existsSync(bench.paths.stopRequest), text.slice(0, 20))
  }
  assert.deepEqual(bench.stops, [])
  assert.equal(bench.notices.length, 5)
})
