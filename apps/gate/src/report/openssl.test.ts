import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { generateSigner } from '@firebreak/crypto'
import { REPORT_RULES, signGateReport } from '@firebreak/gate'
import { sampleReport } from '@firebreak/gate/testing'

const DOCS = new URL('../../../../docs/', import.meta.url)
const PAGE = readFileSync(new URL('gate-report.md', DOCS), 'utf8')
/** As it is printed for people. */
const BY_HAND = /```sh\n(.*?)```/s.exec(PAGE)?.[1] ?? ''
const missing = ['openssl', 'jq', 'xxd', 'base64'].find((tool) => spawnSync('which', [tool]).status !== 0)

/** What the recipe says about a report in a folder of its own. */
function byHand(report: Uint8Array, gateKey: string): { readonly status: number | null; readonly said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-by-hand-'))
  try {
    writeFileSync(join(folder, 'gate-report.json'), report)
    writeFileSync(join(folder, 'gate.pub'), `${gateKey}\n`)
    const { status, stdout } = spawnSync('sh', ['-e', '-c', BY_HAND], { cwd: folder, encoding: 'utf8' })
    return { status, said: stdout }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('openssl verifies a signed report by the recipe of the documents', { skip: missing && `no ${missing}` }, () => {
  const { signer } = generateSigner()
  const report = sampleReport()
  const signed = signGateReport(report, signer)
  const good = byHand(signed, signer.publicKey)
  assert.equal(good.status, 0)
  const subject = `releases/linux-baseline/1.1.0/image.fbi ${report.imageDigest}`
  assert.deepEqual(good.said.trim().split('\n'), ['Signature Verified Successfully', subject, 'pass'])
  assert.notEqual(byHand(signed, generateSigner().signer.publicKey).status, 0)
})

test('the documents name every rule by which a report is refused', () => {
  for (const { code, reason } of REPORT_RULES) assert.ok(PAGE.includes(`| \`${code}\` | ${reason} |`), code)
})
