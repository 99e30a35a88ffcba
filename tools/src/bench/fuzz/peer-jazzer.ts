import { spawnSync } from 'node:child_process'
import type { PeerFigures } from './peer.ts'

/** It is no dependency: whoever wants it beside ours installs it, where its prebuilt library loads (glibc 2.38). */
const LOADS =
  'import("@jazzer.js/core").then(() => process.exit(0), (error) => { console.log(error.message.split("\\n", 1)[0]); process.exit(1) })'

/** Jazzer.js, where it loads; its figures from a machine where it did are in docs/fuzzing.md. */
export function jazzer(): PeerFigures {
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', LOADS], { encoding: 'utf8' })
  if (status === 0) return { absent: 'it loads, but no campaign of it is part of this benchmark' }
  return { absent: stdout.includes('Cannot find package') ? 'not installed' : stdout.trim() }
}
