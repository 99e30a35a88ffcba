import { execFileSync } from 'node:child_process'
import { mkdtempSync, realpathSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'

export interface TemporaryMount {
  readonly folder: string
  unmount(): void
}

/** A tmpfs of its own, which nobody else uses. Needs root. */
export function mountTemporary(name: string): TemporaryMount {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), `firebreak-${name}-`)))
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', folder])
  return {
    folder,
    unmount() {
      execFileSync('umount', ['--lazy', folder])
      rmdirSync(folder)
    },
  }
}
