import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const VICTIM = fileURLToPath(new URL('victim.ts', import.meta.url))

export type Victim = ChildProcessByStdio<null, Readable, null>

export interface VictimOptions {
  readonly uid?: number
  /** `ulimit -f`: the size in blocks of 512 bytes beyond which no file of the victim grows. */
  readonly fileBlocksMax?: number
}

export function startVictim(args: readonly string[], options: VictimOptions = {}): Victim {
  const { uid, fileBlocksMax } = options
  const limit = fileBlocksMax === undefined ? '' : `ulimit -f ${fileBlocksMax}; `
  const command = ['-c', `${limit}exec "$@"`, 'sh', process.execPath, VICTIM, ...args]
  const user = uid === undefined ? {} : { uid, gid: uid }
  return spawn('/bin/sh', command, { ...user, cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] })
}

export interface VictimEnd {
  readonly signal: string | null
  readonly told: string
}

export async function runVictim(args: readonly string[], options?: VictimOptions): Promise<VictimEnd> {
  const victim = startVictim(args, options)
  const ended = new Promise<string | null>((resolve) => victim.once('close', (_, signal) => resolve(signal)))
  let told = ''
  for await (const chunk of victim.stdout) told += String(chunk)
  return { signal: await ended, told: told.trim() }
}

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-durable-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
