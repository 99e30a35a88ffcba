import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  archivePath,
  BUILD_ROOTS,
  ENGINES_FOLDER,
  filesOfBuild,
  openArchive,
  readBuildIndex,
  unpackBuild,
} from '../../../apps/gate/src/engines/index.ts'
import { reach } from '../graph.ts'
import { readRepository } from '../repository.ts'
import { contractIn, encodedBuildOf, hasCommit } from './build-of-commit.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const builds = await readBuildIndex()

for (const build of builds) {
  const { version, commit, digest, bytes, tag } = build
  const skip = hasCommit(commit) ? false : `this clone does not have ${commit}, of which ${tag} was made`
  test(`engine ${version} is what its commit says`, { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'firebreak-engine-'))
    try {
      const rebuilt = encodedBuildOf(commit, folder)
      assert.equal(createHash('sha256').update(rebuilt).digest('hex'), digest)
      assert.equal(rebuilt.length, bytes)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  test(`what the index says that engine ${version} supplies, its own code says`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'firebreak-engine-'))
    try {
      const files = openArchive(readFileSync(archivePath(ENGINES_FOLDER, build)), digest)
      const { engineVersion, ...supplies } = contractIn(await unpackBuild(files, digest, folder))
      assert.deepEqual([engineVersion, supplies], [version, build.supplies])
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
}

test('a build has every file that TypeScript says Node will load, and no other', () => {
  const repository = readRepository(ROOT)
  const loaded = new Set(BUILD_ROOTS.flatMap((root) => reach(repository, root, false).map(({ name }) => name)))
  const files = [...filesOfBuild(ROOT).keys()]
  const sources = files.filter((path) => !path.endsWith('/package.json'))
  assert.deepEqual(sources.toSorted(), [...loaded].filter((name) => !name.startsWith('node:')).toSorted())
  const folders = new Set(sources.map((path) => path.split('/', 2).join('/')))
  assert.equal(files.length - sources.length, folders.size)
})
