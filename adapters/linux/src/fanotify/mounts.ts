/** One line of /proc/self/mountinfo, of a file system that may be watched. */
export interface Mount {
  readonly id: number
  /** Mounts of one file system share it, as `major:minor`. */
  readonly device: string
  /** Which folder of the file system is mounted; `/` is all of it. */
  readonly root: string
  /** Bytes: a mount point need not be UTF-8. */
  readonly mountPoint: Buffer
  readonly type: string
}

/**
 * Kept on disk or in memory by this kernel. Not FUSE and not network file systems: who asks them for a path may wait
 * for ever, at the will of whoever serves them. Not overlay: its files are those of the file systems beneath it.
 */
const WATCHED_TYPES: ReadonlySet<string> = new Set(
  (
    'ext2 ext3 ext4 xfs btrfs bcachefs zfs f2fs jfs nilfs2 reiserfs ubifs ' +
    'tmpfs ramfs devtmpfs vfat exfat ntfs3 hfsplus udf'
  ).split(' '),
)

/** Longer than any line: a path has at most 4096 bytes, each written as at most 4 characters. */
export const MOUNTINFO_LINE_CHARS_MAX = 65_536

/**
 * @param text - of /proc/self/mountinfo, each byte a character. Paths in it are attacker-controlled.
 * @returns the mounts of file systems that are worth watching and not covered by a later mount on the same point, one
 *   for each file system: the widest, of those the newest
 */
export function mountsToWatch(text: string): readonly Mount[] {
  const chosen = new Map<string, Mount>()
  const covered = new Set<string>()
  for (const line of text.split('\n').toReversed()) {
    const mount = line.length > MOUNTINFO_LINE_CHARS_MAX ? null : parseMount(line)
    if (mount === null) continue
    const point = mount.mountPoint.toString('latin1')
    if (covered.has(point)) continue
    covered.add(point)
    if (!WATCHED_TYPES.has(mount.type)) continue
    const other = chosen.get(mount.device)
    if (other === undefined || mount.root.length < other.root.length) chosen.set(mount.device, mount)
  }
  return [...chosen.values()].toReversed()
}

/** `ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [OPTIONAL...] - TYPE SOURCE OPTIONS`, proc_pid_mountinfo(5). */
function parseMount(line: string): Mount | null {
  const fields = line.split(' ')
  const [id = '', , device = '', root, point] = fields
  const type = fields[fields.indexOf('-', 6) + 1]
  if (root === undefined || point === undefined || type === undefined || fields.indexOf('-', 6) < 0) return null
  if (!/^\d+$/.test(id) || !/^\d+:\d+$/.test(device)) return null
  return { id: Number(id), device, root: unescape(root), mountPoint: Buffer.from(unescape(point), 'latin1'), type }
}

/** The kernel writes blank, tab, newline and backslash as three octal digits. */
function unescape(path: string): string {
  return path.replaceAll(/\\([0-3][0-7]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
