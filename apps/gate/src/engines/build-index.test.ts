import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ENGINE_VERSION } from '@firebreak/detect'
import { compareVersions, utf8Encode } from '@firebreak/kernel'
import { archivePath, ENGINES_FOLDER, parseBuildIndex, printBuildIndex, readBuildIndex } from './build-index.ts'

/** Every clone has them: what is kept stays small. */
const FOLDER_BYTES_MAX = 1_000_000
const OLDER_MIN = 2

test('at least two older engines are kept, the files are those of the index and no others, and all are small', async () => {
  const builds = await readBuildIndex()
  assert.ok(builds.length >= OLDER_MIN)
  for (const { version } of builds) assert.ok(compareVersions(version, ENGINE_VERSION) < 0, version)
  const files = readdirSync(ENGINES_FOLDER).map((name) => join(ENGINES_FOLDER, name))
  const archives = files.filter((path) => path.endsWith('.br'))
  assert.deepEqual(archives.toSorted(), builds.map((one) => archivePath(ENGINES_FOLDER, one)).toSorted())
  const total = files.reduce((sum, path) => sum + statSync(path).size, 0)
  assert.ok(total < FOLDER_BYTES_MAX, `${total} bytes`)
})

test('an index comes back as it was printed', async () => {
  const builds = await readBuildIndex()
  assert.deepEqual(parseBuildIndex(utf8Encode(printBuildIndex(builds))), builds)
})

test('whatever else is no index', async () => {
  const [build] = await readBuildIndex()
  const rows: readonly unknown[] = [
    null,
    [],
    { format: 2, engines: [] },
    { format: 1 },
    { format: 1, engines: [build, build] },
    ...[
      { version: '1.1' },
      { digest: '../../../etc/passwd' },
      { commit: 'HEAD' },
      { tag: '-x y' },
      { bytes: 0 },
      { takesInputs: 'yes' },
      { supplies: { features: [] } },
      { supplies: { features: [1], fields: [] } },
    ].map((over) => ({ format: 1, engines: [{ ...build, ...over }] })),
  ]
  for (const row of rows) {
    assert.throws(
      () => parseBuildIndex(utf8Encode(JSON.stringify(row))),
      { code: 'engines/index' },
      JSON.stringify(row),
    )
  }
})
