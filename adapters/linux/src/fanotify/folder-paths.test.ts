import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { ByteText } from '../sensor/byte-text.ts'
import { ITSELF } from './fid-events.ts'
import { FOLDER_COUNT_MAX, FOLDER_PATH_BYTES_MAX, FolderPaths, TOO_DEEP } from './folder-paths.ts'

const text = (value: string) => value as ByteText

/** A file system of which tests say what is where. */
class Disk {
  readonly where = new Map<string, string>()
  asked = 0
  readonly paths = new FolderPaths((folder) => {
    this.asked++
    const where = this.where.get(folder)
    return where === 'too deep' ? TOO_DEEP : text(where ?? '') || null
  })

  path(folder: string, name: string): string | null {
    return this.paths.pathOf({ folder, name: text(name) })
  }
}

test('a folder is asked for once, until folders move', () => {
  const disk = new Disk()
  disk.where.set('A', '/etc')
  assert.deepEqual([disk.path('A', 'x'), disk.path('A', 'y'), disk.asked], ['/etc/x', '/etc/y', 1])
  disk.where.set('A', '/old')
  assert.equal(disk.path('A', 'x'), '/etc/x')
  disk.paths.forgetPaths()
  assert.equal(disk.path('A', 'x'), '/old/x')
})

test('the folder itself, and the root', () => {
  const disk = new Disk()
  disk.where.set('R', '/')
  assert.deepEqual([disk.path('R', ITSELF), disk.path('R', 'x')], ['/', '/x'])
})

test('folders that are gone are found by where they were, however deep', () => {
  const disk = new Disk()
  disk.where.set('A', '/tmp')
  disk.paths.learn('B', { folder: 'A', name: text('b') })
  disk.paths.learn('C', { folder: 'B', name: text('c') })
  assert.equal(disk.path('C', 'x'), '/tmp/b/c/x')
})

test('folders that lie deeper than a path is long have none, however they are asked for', () => {
  const disk = new Disk()
  disk.where.set('0', '/tmp')
  const name = text('n'.repeat(255))
  const depth = 100
  for (let i = 0; i < depth; i++) disk.paths.learn(`${i + 1}`, { folder: `${i}`, name })
  const paths = Array.from({ length: depth }, (_, i) => disk.path(`${i}`, name))
  const deep = paths.indexOf(null)
  assert.equal(deep, Math.floor((FOLDER_PATH_BYTES_MAX - '/tmp'.length) / (name.length + 1)) + 1)
  assert.ok(paths.slice(deep).every((path) => path === null))
  const before = disk.asked
  disk.where.set('live', 'too deep')
  assert.deepEqual([disk.path('live', 'a'), disk.path('live', ITSELF)], [null, null])
  disk.paths.learn('below', { folder: 'live', name })
  for (let i = 0; i < 9; i++) assert.equal(disk.path('below', 'b'), null)
  assert.equal(disk.asked, before + 2, 'once each: whoever nests folders must not make each event dear')
  disk.where.set('live', '/up')
  disk.paths.forgetPaths()
  assert.equal(disk.path('below', 'b'), `/up/${name}/b`)
})

test('what nobody knows has no name, and is asked for again', () => {
  const disk = new Disk()
  assert.equal(disk.path('X', 'x'), null)
  disk.where.set('X', '/late')
  assert.equal(disk.path('X', 'x'), '/late/x')
})

test('places that lead in a circle, or on for ever, end', () => {
  const disk = new Disk()
  disk.paths.learn('A', { folder: 'B', name: text('a') })
  disk.paths.learn('B', { folder: 'A', name: text('b') })
  disk.paths.learn('S', { folder: 'S', name: ITSELF })
  assert.deepEqual([disk.path('A', 'x'), disk.path('S', 'x')], [null, null])
})

test('as many folders as there are, so many are kept; the oldest is asked for again', () => {
  const disk = new Disk()
  for (let i = 0; i <= FOLDER_COUNT_MAX; i++) {
    disk.where.set(`${i}`, `/${i}`)
    disk.path(`${i}`, 'x')
  }
  const before = disk.asked
  disk.path(`${FOLDER_COUNT_MAX}`, 'x')
  assert.equal(disk.asked, before)
  disk.path('0', 'x')
  assert.equal(disk.asked, before + 1)
})

test('as long as folders that move are told of, every path is the one of now', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom('move', 'ask'), fc.nat(4), fc.nat(4)), { maxLength: 60 })
  const property = fc.property(steps, (all) => {
    const disk = new Disk()
    for (const [what, folder, place] of all) {
      if (what === 'ask') assert.equal(disk.path(`${folder}`, 'x'), withName(disk.where.get(`${folder}`)))
      else {
        disk.where.set(`${folder}`, `/${place}`)
        disk.paths.forgetPaths()
      }
    }
  })
  fc.assert(property)
})

function withName(folder: string | undefined): string | null {
  return folder === undefined ? null : `${folder}/x`
}
