import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { test, type TestContext } from 'node:test'
import { compilePack, parsePack, toSourceNode } from '@firebreak/content'
import { Host } from './testing/host.ts'
import { PACK, type TestImage } from './testing/images.ts'
import { Vendor } from './testing/vendor.ts'

const skip = process.platform !== 'linux' || process.geteuid?.() !== 0 ? 'needs root on Linux' : false

/** An image with one rule for each selection, by the category that it is about. */
function imageWith(rules: Readonly<Record<string, Readonly<Record<string, string>>>>): TestImage {
  const manifest = { name: PACK, version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: 'x' }
  const parsed = Object.entries(rules).map(([category, selection], index) => {
    const file = `rules/${category}.yml`
    const rule = {
      title: category,
      id: `00000000-0000-4000-8000-00000000000${index}`,
      level: 'high',
      logsource: { category, product: 'linux' },
      detection: { selection, condition: 'selection' },
    }
    return { file, nodes: [toSourceNode(rule, file)] }
  })
  const manifestNode = toSourceNode(manifest, 'pack.yaml')
  const { image, digest } = compilePack(parsePack({ manifest: manifestNode, rules: parsed, tests: [], indicators: [] }))
  return { bytes: image, digest, slot: { pack: PACK, version: '1.0.0', imageDigest: digest } }
}

function temporaryFolder(context: TestContext): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'firebreak-seen-')))
  context.after(() => {
    spawnSync('umount', ['--lazy', folder], { stdio: 'ignore' }) // if something is mounted there
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

async function hostWith(context: TestContext, image: TestImage, over: ConstructorParameters<typeof Host>[2] = {}) {
  const vendor = new Vendor()
  await vendor.listen()
  context.after(() => vendor.close())
  vendor.approve(image)
  vendor.plan(image)
  const host = new Host(context, vendor, over)
  host.start()
  await host.heard('slots', 'trial-passed')
  await host.heard('sensor')
  return { vendor, host }
}

test('what happens on this machine is detected by rules about files and about digests', { skip }, async (context) => {
  const folder = temporaryFolder(context)
  const [program, file] = [join(folder, 'program'), join(folder, 'keys')]
  copyFileSync('/bin/true', program)
  appendFileSync(program, folder) // nobody else's digest
  const sha256 = createHash('sha256').update(readFileSync(program)).digest('hex')
  const { vendor, host } = await hostWith(
    context,
    imageWith({
      file_event: { TargetFilename: file, 'Image|endswith': '/cp' },
      file_delete: { TargetFilename: file },
      process_creation: { 'Hashes|contains': `SHA256=${sha256}` },
    }),
  )
  const sensor = host.lines.find((line) => line.event === 'sensor')
  const about = (title: string) => JSON.stringify(vendor.detections).includes(`"${title}"`)
  if (sensor?.['tier'] !== 'ebpf') return context.skip('only this tier knows all of it in time')
  // The sensor is told what the image reads within moments, not at once.
  const again = setInterval(() => {
    execFileSync('cp', ['/etc/hostname', file])
    rmSync(file)
    spawnSync(program)
  }, 200)
  context.after(() => clearInterval(again))
  await vendor.until(() => about('file_event') && about('file_delete') && about('process_creation'))
  clearInterval(again)
  await host.kill('SIGTERM')
})

test(
  'an agent whose configuration switches the exec gate on denies what is listed, and says so',
  { skip },
  async (context) => {
    const folder = temporaryFolder(context)
    const mount = temporaryFolder(context)
    execFileSync('mount', ['-t', 'tmpfs', 'none', mount])
    const program = join(mount, 'program')
    copyFileSync('/bin/true', program)
    const table = join(folder, 'denied')
    writeFileSync(table, createHash('sha256').update(readFileSync(program)).digest('hex'))
    const execGate = { mode: 'digests', mounts: [mount], denied: table } as const
    const { host } = await hostWith(context, imageWith({ file_event: { TargetFilename: '/never' } }), { execGate })
    const gate = () => (JSON.parse(readFileSync(host.paths.status, 'utf8')) as { execGate: { state: string } }).execGate
    await host.until('the gate runs', () => gate().state === 'running')
    assert.equal(spawnSync('/bin/sh', ['-c', '"$0"', program]).status, 126)
    await host.heard('exec-denied')
    assert.equal(await host.kill('SIGTERM'), 0)
    assert.equal(spawnSync(program).status, 0, 'with the agent the gate is gone')
  },
)
