import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { openAppendLog } from './append-log.ts'
import { writeDurable } from './durable-fs.ts'

const DISK_BYTES = 1024 * 1024

/** A file system of 1 MiB, in memory, or null: then the test is skipped, with the reason. */
function mountTinyDisk(t: TestContext): string | null {
  if (process.getuid?.() !== 0) {
    t.skip('only root can mount the tiny file system')
    return null
  }
  const disk = mkdtempSync(join(tmpdir(), 'firebreak-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', disk], { encoding: 'utf8' })
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', ['-l', disk])
    rmdirSync(disk)
  })
  if (mounted.status === 0) return disk
  t.skip(`mounting is not allowed here: ${mounted.stderr.trim()}`)
  return null
}

/** Takes all the space but some pages. */
function leaveFree(disk: string, bytes: number): void {
  writeFileSync(join(disk, 'ballast'), new Uint8Array(DISK_BYTES - bytes))
}

test('a full disk: durable/full, the old bytes stay, and the temporary is gone', async (t) => {
  const disk = mountTinyDisk(t)
  if (disk === null) return
  const path = join(disk, 'state.json')
  const old = utf8Encode('old')
  await writeDurable(path, old)
  leaveFree(disk, 64 * 1024)
  await assert.rejects(writeDurable(path, new Uint8Array(512 * 1024)), {
    code: 'durable/full',
    message: `Cannot write ${path}: the disk is full; free some space and start again`,
  })
  assert.ok(readFileSync(path).equals(old))
  assert.deepEqual(readdirSync(disk).toSorted(), ['ballast', 'state.json'])
})

test('a log on a disk that fills up: each acknowledged line is kept, and it goes on when there is space again', async (t) => {
  const disk = mountTinyDisk(t)
  if (disk === null) return
  const path = join(disk, 'log')
  const batch = 'a line of 21 bytes..\n'.repeat(1_000)
  const log = await openAppendLog(path)
  leaveFree(disk, 300 * 1024)
  let acknowledged = 0
  const fill = async (): Promise<void> => {
    for (;;) {
      await log.append(utf8Encode(batch))
      acknowledged++
    }
  }
  await assert.rejects(fill, { code: 'durable/full' })
  assert.ok(acknowledged > 5)
  assert.equal(readFileSync(path, 'utf8'), batch.repeat(acknowledged), 'nothing of the failed append shows')
  // To drop a head takes space for the rest, for a moment.
  await assert.rejects(log.dropHead(21), { code: 'durable/full' })
  assert.equal(log.sizeBytes, acknowledged * batch.length)
  await log.append(utf8Encode('short\n'))
  rmSync(join(disk, 'ballast'))
  await log.dropHead(acknowledged * batch.length)
  await log.append(utf8Encode('after\n'))
  await log.close()
  assert.equal(readFileSync(path, 'utf8'), 'short\nafter\n')
})

test('a disk that was made read-only: durable/permission', async (t) => {
  const disk = mountTinyDisk(t)
  if (disk === null) return
  await writeDurable(join(disk, 'a'), utf8Encode('old'))
  assert.equal(spawnSync('mount', ['-o', 'remount,ro', disk]).status, 0)
  await assert.rejects(writeDurable(join(disk, 'a'), utf8Encode('new')), { code: 'durable/permission' })
  await assert.rejects(openAppendLog(join(disk, 'log')), { code: 'durable/permission' })
  assert.equal(readFileSync(join(disk, 'a'), 'utf8'), 'old')
})
