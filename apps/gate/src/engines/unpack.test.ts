import assert from 'node:assert/strict'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { sha256Hex } from '@firebreak/crypto'
import { encodeBuild } from './archive.ts'
import { runNode } from './run-process.ts'
import { defaultCacheFolder, unpackBuild } from './unpack.ts'

const FILES = new Map([
  ['apps/a/package.json', '{"name":"@firebreak/a","type":"module"}'],
  [
    'apps/a/src/main.ts',
    "import { answer } from '@firebreak/b'\nconst text: string = answer\nprocess.stdout.write(text)\n",
  ],
  ['core/b/package.json', '{"name":"@firebreak/b","type":"module","exports":{".":"./src/index.ts"}}'],
  ['core/b/src/index.ts', "export const answer: string = 'forty-two'\n"],
])
const DIGEST = sha256Hex(encodeBuild(FILES))

let cache: string
before(async () => {
  cache = await mkdtemp(join(tmpdir(), 'firebreak-unpack-'))
})
after(() => rm(cache, { recursive: true, force: true }))

async function says(root: string): Promise<string> {
  const { stdout } = await runNode([join(root, 'apps/a/src/main.ts')], 60_000, 1_000)
  return Buffer.from(stdout).toString('utf8')
}

test('Node runs what was unpacked: packages find each other, and types are stripped', async () => {
  assert.equal(await says(await unpackBuild(FILES, DIGEST, cache)), 'forty-two')
})

type Damage = (root: string) => Promise<void>
const damages: readonly (readonly [name: string, damage: Damage])[] = [
  [
    'a changed file',
    (root) => writeFile(join(root, 'core/b/src/index.ts'), "export const answer: string = 'forty-one'\n"),
  ],
  ['a longer file', (root) => appendFile(join(root, 'core/b/src/index.ts'), '\n')],
  ['a file that is gone', (root) => unlink(join(root, 'core/b/src/index.ts'))],
  ['a file besides', (root) => writeFile(join(root, 'core/b/src/more.ts'), '')],
  [
    'a link in place of a file',
    async (root) => {
      const path = join(root, 'core/b/src/index.ts')
      await writeFile(join(cache, 'same.ts'), await readFile(path))
      await unlink(path)
      await symlink(join(cache, 'same.ts'), path)
    },
  ],
  [
    'a link that leads elsewhere',
    async (root) => {
      const path = join(root, 'node_modules/@firebreak/b')
      await unlink(path)
      await symlink('../../apps/a', path)
    },
  ],
  [
    'a package besides',
    async (root) => {
      await mkdir(join(root, 'node_modules/evil'))
      await writeFile(join(root, 'node_modules/evil/index.js'), '')
    },
  ],
  [
    'a file in place of the folder',
    async (root) => {
      await rm(root, { recursive: true })
      await writeFile(root, 'x')
    },
  ],
]
for (const [name, damage] of damages) {
  test(`made anew: ${name}`, async () => {
    const root = await unpackBuild(FILES, DIGEST, cache)
    await damage(root)
    assert.equal(await unpackBuild(FILES, DIGEST, cache), root)
    assert.equal(await says(root), 'forty-two')
    assert.deepEqual(
      (await readdir(cache)).filter((one) => one.startsWith('.')),
      [],
      'nothing is left beside it',
    )
  })
}

test('several processes may unpack at once', async () => {
  const empty = join(cache, 'empty')
  const roots = await Promise.all(Array.from({ length: 6 }, () => unpackBuild(FILES, DIGEST, empty)))
  assert.deepEqual(new Set(roots), new Set([join(empty, DIGEST)]))
  assert.deepEqual(await readdir(empty), [DIGEST])
})

test('the cache is where XDG says', () => {
  assert.equal(defaultCacheFolder({ XDG_CACHE_HOME: '/var/x' }), '/var/x/firebreak/engines')
  assert.match(defaultCacheFolder({}), /\/\.cache\/firebreak\/engines$/)
})
