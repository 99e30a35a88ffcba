import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { relative } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { packageName, reach } from './graph.ts'
import { readRepository } from './repository.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const repository = readRepository(ROOT)

/** Names every file and every module of Node that our files load. What Node's own modules load among themselves is not asked. */
const SPY = `
  const { registerHooks } = await import('node:module')
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context)
      if (context.parentURL?.startsWith('file:') && resolved.url.startsWith('node:')) console.log(resolved.url)
      return resolved
    },
    load(url, context, next) {
      if (url.startsWith('file:')) console.log(url)
      return next(url, context)
    },
  })
  await import(process.argv[1])
`

/** The oracle: Node itself. */
function loadedByNode(entry: string): readonly string[] {
  const args = ['--input-type=module', '--eval', SPY, new URL(`../../${entry}`, import.meta.url).href]
  const urls = execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n')
  return [...new Set(urls.map((url) => (url.startsWith('file:') ? relative(ROOT, fileURLToPath(url)) : url)))]
}

// Modules that do nothing when they are loaded, and together reach most of the workspace.
const ENTRIES = [
  'apps/agent/src/supervisor/supervisor.ts',
  'apps/agent/src/engine/run-engine.ts',
  'apps/agent/src/fetcher/trust.ts',
  'adapters/linux/src/index.ts',
  'core/gate/src/index.ts',
]

for (const entry of ENTRIES) {
  test(`what Node loads for ${entry} is what is said to be reached`, () => {
    const expected = loadedByNode(entry)
    const reached = reach(repository, entry, false).map(({ name }) => name)
    assert.ok(expected.length > 10)
    assert.deepEqual(
      reached.filter((name) => name !== entry).toSorted(),
      expected.filter((name) => name !== entry).toSorted(),
    )
  })
}

test('a way is one shortest chain of imports', () => {
  const [first, ...others] = reach(repository, 'core/tuf/src/index.ts', false)
  assert.deepEqual(first, { name: 'core/tuf/src/index.ts', by: [] })
  assert.deepEqual(others.find(({ name }) => name === 'node:crypto')?.by.slice(0, 1), ['core/tuf/src/index.ts'])
  assert.equal(
    others
      .find(({ name }) => name === 'node:crypto')
      ?.by.at(-1)
      ?.startsWith('core/crypto/src/'),
    true,
  )
})

test('the name of a package in a specifier', () => {
  const found = ['a', 'a/b', 'a/b/c.ts', '@a/b', '@a/b/c', '@a/b/c/d'].map(packageName)
  assert.deepEqual(found, ['a', 'a', 'a', '@a/b', '@a/b', '@a/b'])
})
