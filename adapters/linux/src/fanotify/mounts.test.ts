import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { MOUNTINFO_LINE_CHARS_MAX, mountsToWatch } from './mounts.ts'

const line = (id: number, device: string, root: string, point: string, type: string) =>
  `${id} 1 ${device} ${root} ${point} rw,relatime shared:1 master:2 - ${type} source rw`
const points = (...lines: readonly string[]) => mountsToWatch(lines.join('\n')).map((mount) => String(mount.mountPoint))

/** Lines, and the mount points that are watched. */
const TABLE: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  [
    'file systems on disk and in memory',
    [line(1, '8:1', '/', '/', 'ext4'), line(2, '0:9', '/', '/tmp', 'tmpfs')],
    ['/', '/tmp'],
  ],
  ['no pseudo file system', [line(1, '0:1', '/', '/proc', 'proc'), line(2, '0:2', '/', '/sys', 'sysfs')], []],
  ['nobody who could keep us waiting', [line(1, '0:1', '/', '/n', 'nfs4'), line(2, '0:2', '/', '/f', 'fuse.evil')], []],
  [
    'the widest of many mounts',
    [line(1, '8:1', '/a', '/x', 'xfs'), line(2, '8:1', '/', '/y', 'xfs'), line(3, '8:1', '/b/c', '/z', 'xfs')],
    ['/y'],
  ],
  [
    'the newest of mounts that are as wide',
    [line(1, '0:9', '/', '/x', 'tmpfs'), line(2, '0:9', '/', '/y', 'tmpfs')],
    ['/y'],
  ],
  [
    'a mount that is covered is none, whatever covers it; another of the same file system is',
    [
      line(1, '0:8', '/', '/x', 'tmpfs'),
      line(2, '0:9', '/', '/y', 'tmpfs'),
      line(3, '0:7', '/', '/x', 'proc'),
      line(4, '0:9', '/a', '/z', 'tmpfs'),
      line(5, '0:6', '/', '/y', 'tmpfs'),
    ],
    ['/z', '/y'],
  ],
  ['a mount point with a blank and a newline', [line(1, '0:9', '/', '/a\\040b\\012c\\134d', 'tmpfs')], ['/a b\nc\\d']],
  ['a mount point that looks like the separator', [line(1, '0:9', '/', '-', 'tmpfs')], ['-']],
  ['a line without a separator', ['1 2 8:1 / / rw shared:1 ext4 source rw'], []],
  ['a line without a type', ['1 2 8:1 / / rw -'], []],
  ['a line without a number', ['x 2 8:1 / / rw - ext4 a b'], []],
  ['a device that is none', ['1 2 8:1:2 / / rw - ext4 a b'], []],
  ['a line longer than any', [`${line(1, '8:1', '/', '/', 'ext4')} ${'x'.repeat(MOUNTINFO_LINE_CHARS_MAX)}`], []],
  ['nothing', [''], []],
]

for (const [what, lines, expected] of TABLE) {
  test(`mounts: ${what}`, () => assert.deepEqual(points(...lines), expected))
}

test('a mount point keeps its bytes', () => {
  const [mount] = mountsToWatch(line(1, '0:9', '/', '/\u00ff', 'tmpfs'))
  assert.deepEqual(mount?.mountPoint, Buffer.of(0x2f, 0xff))
})

test('whatever the text, it is read without an error', () => {
  const words = fc.oneof(fc.string(), fc.constantFrom('-', 'ext4', '8:1', '1', '/', '\\040', '\n'))
  fc.assert(fc.property(fc.array(words), (parts) => void mountsToWatch(parts.join(' '))))
})

test('this machine has something to watch', { skip: !existsSync('/proc/self/mountinfo') && 'no /proc' }, () => {
  const text = readFileSync('/proc/self/mountinfo', 'latin1')
  if (/ - (ext4|xfs|btrfs|tmpfs) /.test(text)) assert.ok(mountsToWatch(text).length > 0)
})
