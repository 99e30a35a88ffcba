import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { notice, NOTICES_MAX } from '@firebreak/api'
import { KernelError, list, parseJson, type Reader, record } from '@firebreak/kernel'
import { parseAgentConfig } from '../config.ts'
import { SEEN_FILE, seenReleases } from '../fetcher/seen-releases.ts'
import { takenPart, WAVE_FILE } from '../fetcher/wave-enrolment.ts'
import { checkSlots, checkStarter } from './check-images.ts'
import { checkLayout } from './check-layout.ts'
import { checkQuarantine, checkSpool } from './check-queues.ts'
import { checkState } from './check-state.ts'
import { checkPolicy, checkTrust } from './check-trust.ts'
import { ShownFolder } from './folder.ts'
import { type FindingCode, Findings, type FsckReport } from './report.ts'

const SMALL_FILE_BYTES_MAX = 1_048_576

/**
 * Proves the invariants of an agent's folder, or says which do not hold. Reads only; starts nothing; believes nothing that it is
 * shown. Verifies content and metadata itself, so it never runs in the supervisor's process.
 */
export async function fsck(path: string): Promise<FsckReport> {
  const findings = new Findings()
  const shown = resolve(path)
  const folder = await ShownFolder.open(shown, findings)
  if (folder) await checkAll(folder, findings)
  return {
    folder: shown,
    sound: findings.findings.length === 0,
    checked: folder?.entries.size ?? 0,
    agentPid: folder && (await holderOf(folder)),
    leftovers: findings.leftovers,
    findings: findings.findings,
  }
}

async function checkAll(folder: ShownFolder, findings: Findings): Promise<void> {
  checkLayout(folder, findings, process.geteuid?.() ?? 0)
  await checkConfig(folder, findings)
  await checkLock(folder, findings)
  const state = await checkState(folder, findings)
  await checkSlots(folder, state, findings)
  await checkStarter(folder, findings)
  await checkSpool(folder, state, findings)
  await checkQuarantine(folder, findings)
  await checkTrust(folder, findings)
  await checkPolicy(folder, findings)
  await checkSmallFiles(folder, findings)
}

async function checkConfig(folder: ShownFolder, findings: Findings): Promise<void> {
  if (!folder.has('agent.json')) {
    const message = 'Without it the agent does not start; run `firebreak agent install` again'
    findings.add('file/missing', 'agent.json', message)
  }
  await tryRead(folder, findings, 'agent.json', 'config/malformed', (bytes) => parseAgentConfig(bytes))
}

/** The agent's small lists: nothing is decided by them that could not be decided without, but a damaged one is somebody's doing. */
async function checkSmallFiles(folder: ShownFolder, findings: Findings): Promise<void> {
  const readers: readonly (readonly [path: string, reader: Reader<unknown>])[] = [
    ['notices.json', list(notice, NOTICES_MAX)],
    ['manifest.json', record],
    ['stop-tokens.json', list((value) => value, SMALL_FILE_BYTES_MAX)],
    ['policy-refused.json', record],
    [`fetcher/${SEEN_FILE}`, seenReleases],
    [`fetcher/${WAVE_FILE}`, takenPart],
  ]
  for (const [path, reader] of readers) {
    await tryRead(folder, findings, path, 'json/malformed', (bytes) => {
      reader(parseJson(bytes, SMALL_FILE_BYTES_MAX, path), path)
    })
  }
}

async function tryRead(
  folder: ShownFolder,
  findings: Findings,
  path: string,
  code: FindingCode,
  read: (bytes: Uint8Array) => unknown,
): Promise<void> {
  const bytes = await folder.read(path, SMALL_FILE_BYTES_MAX)
  if (!bytes) return
  try {
    read(bytes)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    findings.add(code, path, `${error.message}; somebody else changed it, put it back from a copy`)
  }
}

const LOCK = 'agent.lock'

async function checkLock(folder: ShownFolder, findings: Findings): Promise<void> {
  const holder = await folder.target(LOCK)
  if (holder === null || /^\d+ (\d+|\?)$/.test(holder)) return
  findings.add('lock/malformed', LOCK, `It names no process (${JSON.stringify(holder.slice(0, 64))}); remove it`)
}

/** The process that holds the lock: it is the one that started then. */
async function holderOf(folder: ShownFolder): Promise<number | null> {
  const [pid = '', started] = (await folder.target(LOCK))?.split(' ') ?? []
  if (!/^\d+$/.test(pid)) return null
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] === started && started !== undefined ? Number(pid) : null
}
