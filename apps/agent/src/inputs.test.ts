import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compilePack, parsePack, toSourceNode } from '@firebreak/content'
import type { AgentStatus } from './supervisor/host-report.ts'
import { Host } from './testing/host.ts'
import { PACK, type TestImage } from './testing/images.ts'
import { Vendor } from './testing/vendor.ts'

type Fields = Readonly<Record<string, string>>

const PLAIN_AGENT = fileURLToPath(new URL('./testing/plain-agent.ts', import.meta.url))

/** An image that no host can serve without inputs: lines of sshd, and programs started on a Mac. */
function imageForInputs(): TestImage {
  const version = '1.0.0'
  const manifest = { name: PACK, version, category: 'behavioural', minimumEngine: '1.0.0', description: 'For tests.' }
  const rule = (number: number, logsource: Fields, selection: Fields) => ({
    file: `rules/${number}.yml`,
    nodes: [
      toSourceNode(
        { title: `Rule ${number}`, id: `00000000-0000-4000-8000-00000000000${number}`, level: 'high', logsource, detection: { selection, condition: 'selection' } }, // prettier-ignore
        `rules/${number}.yml`,
      ),
    ],
  })
  const { image, digest } = compilePack(
    parsePack({
      manifest: toSourceNode(manifest, 'pack.yaml'),
      rules: [
        rule(1, { product: 'linux', service: 'sshd' }, { 'Message|contains': 'firebreak-test' }),
        rule(2, { product: 'macos', category: 'process_creation' }, { 'CommandLine|contains': 'firebreak-test' }),
      ],
      tests: [],
      indicators: [],
    }),
  )
  return { bytes: image, digest, slot: { pack: PACK, version, imageDigest: digest } }
}

const image = imageForInputs()

async function vendorFor(context: TestContext): Promise<Vendor> {
  const vendor = new Vendor()
  await vendor.listen()
  context.after(() => vendor.close())
  vendor.approve(image)
  vendor.plan(image)
  return vendor
}

const sshd = (text: string) =>
  `${JSON.stringify({ __REALTIME_TIMESTAMP: `${Date.now()}000`, SYSLOG_IDENTIFIER: 'sshd', MESSAGE: `firebreak-test ${text}` })}\n`

test('lines of a log become detections, also after the input or the whole agent was killed', async (context) => {
  const vendor = await vendorFor(context)
  const host = new Host(context, vendor, {}, { main: PLAIN_AGENT })
  const log = join(host.folder, 'log')
  const config = JSON.parse(readFileSync(host.paths.config, 'utf8')) as object
  const file = (name: string, format: string, path: string) => ({ name, format, source: { kind: 'file', path } })
  const inputs = [file('ssh', 'journald', log), file('mac', 'eslogger', join(host.folder, 'mac'))]
  writeFileSync(host.paths.config, JSON.stringify({ ...config, inputs }))
  writeFileSync(log, `${sshd('one')}nonsense\n`)
  host.start()
  await host.heard('slots', 'trial-passed') // so the engine has taken an image for log sources that the sensor lacks
  const found = (text: string) => vendor.detections.some((one) => JSON.stringify(one).includes(text))
  await vendor.until(() => found('firebreak-test one'))
  const exec = { exec: { args: ['firebreak-test', 'two'], target: { executable: { path: '/bin/x' } } } }
  writeFileSync(join(host.folder, 'mac'), `${JSON.stringify({ process: {}, event: exec })}\n`)
  await vendor.until(() => found('firebreak-test two'))

  for (const pid of host.children('input/main.ts')) process.kill(pid, 'SIGKILL')
  renameSync(log, `${log}.1`)
  writeFileSync(log, sshd('three'))
  await vendor.until(() => found('firebreak-test three'))

  const status = () => JSON.parse(readFileSync(host.paths.status, 'utf8')) as AgentStatus
  await vendor.until(() => status().inputs[0]?.events === 2)
  const [ssh] = status().inputs
  assert.deepEqual([ssh?.name, ssh?.format, ssh?.source, ssh?.fault], ['ssh', 'journald', 'file', null])

  await host.kill()
  appendFileSync(log, sshd('four'))
  host.start()
  await vendor.until(() => found('firebreak-test four'))
})

test('what no input of a host supplies is refused before it judges anything', async (context) => {
  const vendor = await vendorFor(context)
  const host = new Host(context, vendor, {}, { main: PLAIN_AGENT })
  host.start()
  await host.heard('slots', 'refused')
  assert.deepEqual(host.slots.rejected, [image.digest])
  const told = () => vendor.beacons.at(-1)?.outcomes.find(({ imageDigest }) => imageDigest === image.digest)
  await vendor.until(() => told()?.outcome === 'refused')
  assert.match(JSON.stringify(told()), /detect\/unsupplied-source/)
})
