import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { ByteText } from '../sensor/byte-text.ts'
import { keepFairShares, nameChanges } from './changes.ts'
import { FAN, type FidEvent, type Place } from './fid-events.ts'
import { FolderPaths } from './folder-paths.ts'

const place = (folder: string, name: string): Place => ({ folder, name: name as ByteText })
const at = (mask: number, where: Place | null, more: Partial<FidEvent> = {}): FidEvent => {
  return { mask, pid: 7, place: where, source: null, folder: null, ...more }
}
const onDisk = () => new FolderPaths((folder) => (folder === 'gone' ? null : (`/${folder}` as ByteText)))
const told = (...events: readonly FidEvent[]) => {
  return nameChanges(events, onDisk()).changes.map(({ kind, path, sourcePath }) => [kind, path, sourcePath])
}
const F = place('d', 'f')

/** Events, and what is told of them. */
const TABLE: readonly (readonly [string, readonly FidEvent[], readonly (readonly (string | null)[])[]])[] = [
  ['made and written is one change', [at(FAN.create | FAN.closeWrite, F)], [['create', '/d/f', null]]],
  ['written', [at(FAN.closeWrite, F)], [['write', '/d/f', null]]],
  [
    'made, changed and removed while nobody looked',
    [at(FAN.create | FAN.attribute | FAN.delete, F)],
    [
      ['create', '/d/f', null],
      ['attribute', '/d/f', null],
      ['delete', '/d/f', null],
    ],
  ],
  ['moved', [at(FAN.rename, F, { source: place('e', 'g') })], [['rename', '/d/f', '/e/g']]],
  ['moved, on a kernel that says only where to', [at(FAN.movedTo, F)], [['rename', '/d/f', null]]],
  [
    'moved out of a folder that is gone',
    [at(FAN.rename, F, { source: place('gone', 'g') })],
    [['rename', '/d/f', null]],
  ],
  ['an overflow and a link count say nothing of a file', [at(FAN.overflow, null), at(FAN.attribute, null)], []],
  [
    'a folder that came and went in one round names what was in it',
    [
      at(FAN.create | FAN.onFolder, place('d', 'n'), { folder: 'gone' }),
      at(FAN.create, place('gone', 'x')),
      at(FAN.delete | FAN.onFolder, place('d', 'n'), { folder: 'gone' }),
    ],
    [
      ['create', '/d/n', null],
      ['create', '/d/n/x', null],
      ['delete', '/d/n', null],
    ],
  ],
  [
    'a folder that went only after its files',
    [at(FAN.delete, place('gone', 'x')), at(FAN.delete | FAN.onFolder, place('d', 'n'), { folder: 'gone' })],
    [
      ['delete', '/d/n/x', null],
      ['delete', '/d/n', null],
    ],
  ],
]

for (const [what, events, expected] of TABLE) {
  test(what, () => assert.deepEqual(told(...events), expected))
}

test('what has no name is counted', () => {
  const { changes, unnamed } = nameChanges([at(FAN.create, place('gone', 'x')), at(FAN.create, F)], onDisk())
  assert.deepEqual([changes.length, unnamed], [1, 1])
})

test('after a folder moved, what is in it has its new path', () => {
  let path = '/before' as ByteText
  const paths = new FolderPaths(() => path)
  nameChanges([at(FAN.create, F)], paths)
  path = '/after' as ByteText
  const { changes } = nameChanges([at(FAN.rename | FAN.onFolder, place('p', 'q')), at(FAN.create, F)], paths)
  assert.equal(changes.at(-1)?.path, '/after/f')
})

const storm = (folder: string, count: number) => Array.from({ length: count }, () => at(FAN.create, place(folder, 'x')))

test('a storm in one folder hides nothing in another', () => {
  const events = [...storm('noisy', 5000), at(FAN.closeWrite, place('cron.d', 'x')), ...storm('noisy', 5000)]
  const kept = keepFairShares(events, 100)
  assert.deepEqual([kept.length, kept.filter((event) => event.place?.folder === 'cron.d').length], [100, 1])
})

test('of more folders than there is room for, the first', () => {
  const events = ['a', 'b', 'c', 'd'].flatMap((folder) => storm(folder, 2))
  assert.deepEqual(keepFairShares(events, 2), [events[0], events[2]])
})

test('shares: never more than there is room for, all when there is, and nobody gets less than the noisiest', () => {
  const folders = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.nat(30)), { maxLength: 12 })
  const property = fc.property(folders, fc.integer({ min: 4, max: 60 }), (runs, countMax) => {
    const events = runs.flatMap(([folder, count]) => storm(folder, count))
    const kept = keepFairShares(events, countMax)
    if (events.length <= countMax) return assert.equal(kept, events)
    assert.ok(kept.length <= countMax)
    const count = (of: readonly FidEvent[]) => Map.groupBy(of, (event) => event.place?.folder)
    const [all, left] = [count(events), count(kept)]
    const share = Math.max(0, ...[...left.values()].map((some) => some.length))
    for (const [folder, some] of all) assert.equal(left.get(folder)?.length ?? 0, Math.min(some.length, share))
    assert.ok((share + 1) * all.size > countMax || kept.length + all.size > countMax, 'room was left')
  })
  fc.assert(property)
})
