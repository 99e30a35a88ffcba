import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checkCore } from './check-core.ts'
import { checkDependencies } from './check-dependencies.ts'
import { checkImports } from './check-imports.ts'
import { checkProcesses } from './check-processes.ts'
import { checkTidiness } from './check-tidiness.ts'
import { LAYERS, layerOf, readRepository } from './repository.ts'

const repository = readRepository(fileURLToPath(new URL('../..', import.meta.url)))

test('the whole repository is read', () => {
  for (const layer of LAYERS) {
    assert.ok(
      repository.modules.some(({ path }) => layerOf(path) === layer),
      `no module of ${layer}`,
    )
  }
  assert.ok(repository.modules.length > 300)
  const imports = repository.modules.reduce((sum, one) => sum + one.imports.length, 0)
  assert.ok(imports > 1_000, `${imports} imports`)
})

test('every import follows an arrow of the table', () => {
  assert.deepEqual(checkImports(repository), [])
})

test('every dependency is declared where it is used, used where it is declared, and pinned', () => {
  assert.deepEqual(checkDependencies(repository), [])
})

test('the core has no clock, no chance and no effects', () => {
  assert.deepEqual(checkCore(repository), [])
})

test('each process of a host loads what it is for, and nothing foreign', () => {
  assert.deepEqual(checkProcesses(repository), [])
})

test('files are short, packages have a README and an entry, decisions are on the map', () => {
  assert.deepEqual(checkTidiness(repository), [])
})
