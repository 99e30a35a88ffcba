/**
 * Stage 1 of the sandbox: a Node that confines itself and then becomes the process it was asked to start. Everything
 * is applied to the main thread before execve, so that the real Node and all its threads are born confined.
 *
 * Invariants: content is never seen here; a layer that the kernel does not offer is reported, never assumed; a layer
 * that is required and missing ends the launch.
 */
import { readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { dirname } from 'node:path'
import process from 'node:process'
import { isSea } from 'node:sea'
import { readTracepointIds, TRACEPOINTS_VARIABLE } from '../tracefs.ts'
import { trySyscall } from '../syscalls.ts'
import { keepOnly } from './capabilities.ts'
import { launchFilter } from './filters.ts'
import { landlockAbi, type PathGrant, restrictThread } from './landlock.ts'
import {
  EXTRA_FD,
  commandOf,
  INPUT_FD,
  LAUNCHER_EXIT_CODE,
  type LaunchSpec,
  type MissingLayer,
  OUTPUT_FD,
  REPORT_VARIABLE,
  type SandboxReport,
} from './launch-spec.ts'
import { type Layer, OPEN_FILES_MAX, type Profile, PROFILES, RUNTIME_DATA_BYTES } from './profiles.ts'
import { installFilter, seccompAvailable, setNoNewPrivileges } from './seccomp.ts'
import { SYS } from './syscall-numbers.ts'

const PR_SET_PDEATHSIG = 1
const SIGKILL = 9
const RLIMIT_DATA = 2
const RLIMIT_CORE = 4
const RLIMIT_NOFILE = 7
const F_SETFD = 2
const CLOSE_RANGE_CLOEXEC = 4
const FD_MAX = 0xffffffff
const LANDLOCK_NET_ABI = 4

/** `failed`: null for success, else the reason or the errno. */
type RecordLayer = (layer: Layer, failed: string | number | null) => void

try {
  launch(JSON.parse(process.argv[2] ?? '') as LaunchSpec)
} catch (error) {
  process.stderr.write(`Cannot start confined: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = LAUNCHER_EXIT_CODE
}

function launch(spec: LaunchSpec): void {
  const profile = PROFILES[spec.profile]
  const active: Layer[] = []
  const missing: MissingLayer[] = []
  const record: RecordLayer = (layer, failed) => {
    if (failed === null) active.push(layer)
    else missing.push({ layer, reason: typeof failed === 'number' ? `errno ${failed}` : failed })
  }
  const entry = isSea() ? spec.entry : realpathSync(spec.entry)
  flushCompileCache() // execve forgets what is not written
  const tracepoints = spec.profile === 'sensor' ? JSON.stringify(readTracepointIds()) : null // it may not mount tracefs

  record('death-signal', errnoOf(trySyscall(SYS.prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0)))
  if (process.ppid !== spec.parentPid) throw new Error('the parent is gone')
  record('limits', limitResources(spec.memoryBytesMax, profile))
  const kept = spec.extra ? [INPUT_FD, OUTPUT_FD, EXTRA_FD] : [INPUT_FD, OUTPUT_FD]
  trySyscall(SYS.close_range, Math.max(...kept) + 1, FD_MAX, CLOSE_RANGE_CLOEXEC)
  record('no-new-privileges', setNoNewPrivileges() ? null : 'refused')
  record('capabilities', keepOnly(profile.capabilities))
  const abi = applyLandlock(spec, profile, record)
  const filter = launchFilter({ profile: spec.profile, pid: process.pid })
  demand(spec.require, missing) // before the filter: without io_uring this Node cannot end in good order
  record('seccomp', installFilter(filter, 'this-thread'))
  demand(spec.require, missing)
  const report: SandboxReport = { profile: spec.profile, landlockAbi: abi, active, missing }
  for (const fd of kept) trySyscall(SYS.fcntl, fd, F_SETFD, 0)
  if (process.execve === undefined) throw new Error('this Node has no process.execve')
  process.execve(process.execPath, [process.execPath, ...commandOf(entry, spec.nodeFlags, spec.args)], {
    ...spec.env,
    [REPORT_VARIABLE]: JSON.stringify(report),
    ...(tracepoints !== null && { [TRACEPOINTS_VARIABLE]: tracepoints }),
  })
}

function demand(required: readonly Layer[], missing: readonly MissingLayer[]): void {
  const lacking = missing.filter(({ layer }) => required.includes(layer))
  if (lacking.length > 0) throw new Error(lacking.map(({ layer, reason }) => `no ${layer} (${reason})`).join(', '))
}

/**
 * No RLIMIT_NPROC: it counts all threads of the user, also those outside; the filter refuses children. No
 * RLIMIT_FSIZE: it would cut off a standard error that goes to a file.
 */
function limitResources(memoryBytesMax: number, profile: Profile): number | null {
  try {
    if (profile.oomScoreAdjust > 0) writeFileSync('/proc/self/oom_score_adj', String(profile.oomScoreAdjust))
  } catch {
    // Only who is killed first when memory is short changes; the limit on our own memory stands.
  }
  const limits = [
    [RLIMIT_CORE, 0],
    [RLIMIT_NOFILE, OPEN_FILES_MAX],
    [RLIMIT_DATA, RUNTIME_DATA_BYTES + memoryBytesMax],
  ] as const
  for (const [resource, wanted] of limits) {
    const current = Buffer.alloc(16) // struct rlimit64 {soft, hard}
    trySyscall(SYS.prlimit64, 0, resource, 0, current)
    const hard = current.readBigUInt64LE(8)
    const value = hard < BigInt(wanted) ? hard : BigInt(wanted)
    const limit = Buffer.alloc(16)
    limit.writeBigUInt64LE(value, 0)
    limit.writeBigUInt64LE(value, 8)
    const result = trySyscall(SYS.prlimit64, 0, resource, limit, 0)
    if (result < 0) return -result
  }
  return null
}

/** @returns the ABI in force; 0 without Landlock */
function applyLandlock(spec: LaunchSpec, profile: Profile, record: RecordLayer): number {
  const abi = profile.landlock ? landlockAbi() : 0
  if (abi === 0) {
    const reason = profile.landlock ? 'this kernel has no Landlock' : 'not part of this profile'
    record('landlock', reason)
    record('landlock-network', reason)
    return 0
  }
  const failed = restrictThread({ grants: grantsOf(spec, profile), connectPorts: spec.connectPorts }, abi)
  record('landlock', failed)
  record('landlock-network', failed ?? (abi < LANDLOCK_NET_ABI ? 'needs Landlock ABI 4 (Linux 6.7)' : null))
  return failed === null ? abi : 0
}

function grantsOf(spec: LaunchSpec, profile: Profile): readonly PathGrant[] {
  const libraries = mappedLibraries()
  const grants: PathGrant[] = [
    { path: process.execPath, access: 'execute' },
    ...libraries.filter((path) => path.includes('/ld-')).map((path) => ({ path, access: 'execute' as const })),
  ]
  const read = [
    ...spec.readFolders,
    ...new Set(libraries.map((path) => dirname(path))),
    ...profile.readPaths,
    '/etc/ld.so.cache',
    '/proc/self',
  ]
  return [
    ...grants,
    ...read.map((path) => ({ path, access: 'read' as const })),
    ...spec.writeFolders.map((path) => ({ path, access: 'read-write' as const })),
    ...cacheGrant(spec),
  ]
}

/** Only the engine fills its cache: its second stage ends all writing before it reads content, if there is seccomp. */
function cacheGrant({ profile, compileCache }: LaunchSpec): readonly PathGrant[] {
  if (compileCache === null) return []
  const access = profile === 'engine' && seccompAvailable() ? 'read-write' : 'read'
  return [{ path: compileCache, access }]
}

/** The shared libraries and the dynamic loader of this very process, which is the program that will be executed. */
function mappedLibraries(): readonly string[] {
  const paths = readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/\S+\.so(?:\.\S+)?)$/gm)
  return [...new Set(Array.from(paths, (match) => match[1] ?? ''))]
}

function errnoOf(result: number): number | null {
  return result < 0 ? -result : null
}
