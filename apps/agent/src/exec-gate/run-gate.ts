import { closeSync, fstatSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs'
import { encodeFrame, FRAME } from '@firebreak/api'
import { errorCode, errorMessage, FirebreakError, jsonBytes } from '@firebreak/kernel'
import {
  bootTimeMs,
  encodeArguments,
  ExecGroup,
  Outbox,
  readHeldArguments,
  stateOfFile,
} from '@firebreak/linux/exec-gate'
import { type GateSettings, readGateSettings } from '../gate-settings.ts'
import { DigestJudge, type GateCounters, type Held } from './digest-judge.ts'
import { DIGEST_TABLE_BYTES_MAX, type DigestTable, parseDigests } from './digest-table.ts'

/** Between two signs of life. */
const ALIVE_INTERVAL_MS = 50

/** A gate that does not come round for so long is ended by the kernel, for the case that the supervisor, who is quicker, hangs too. */
const STALLED_MS = 1_000

export type GateErrorCode = 'gate/bad-table'
export class GateError extends FirebreakError<GateErrorCode> {}

/** What decides about those who are held. */
interface Judge {
  readonly counters: GateCounters
  readonly isBusy: boolean
  readonly waitedMs: number
  take(held: Held): void
  work(): void
}

/**
 * The exec gate: as long as it runs, the kernel asks it before a program starts on the file systems of its settings. It
 * opens no file but those it is asked about, starts nothing, and never comes back: no timer or promise of this process
 * runs from here on. When it ends, however, all who are held may go on.
 */
export function runGate(argument: string): void {
  const outbox = new Outbox()
  try {
    const settings = readGateSettings(argument)
    const table = settings.table === null ? null : readTable(settings.table)
    const group = new ExecGroup(settings.mounts, ownPrograms())
    const judge = table === null ? new ArgumentsReader(group, outbox) : digestJudge(table, group, outbox)
    for (;;) goRound(group, judge, outbox)
  } catch (error) {
    if (!(error instanceof FirebreakError)) throw error
    const refusal = { code: errorCode(error), message: errorMessage(error) }
    outbox.put(encodeFrame({ type: FRAME.REFUSED, payload: jsonBytes(refusal) }))
  }
}

let aliveMs = 0

function goRound(group: ExecGroup, judge: Judge, outbox: Outbox): void {
  const questions = group.wait(judge.isBusy ? 0 : ALIVE_INTERVAL_MS)
  for (const held of questions) judge.take(held)
  judge.work()
  const nowMs = performance.now()
  if (nowMs - aliveMs >= ALIVE_INTERVAL_MS) {
    aliveMs = nowMs
    group.endUnlessCalledWithin(STALLED_MS)
    const aux = Math.ceil(judge.waitedMs)
    outbox.put(encodeFrame({ type: FRAME.GATE_ALIVE, aux, payload: jsonBytes({ ...judge.counters }) }))
  }
  outbox.flush()
}

/** Nobody is judged: who starts a program is held for as long as it takes to read the arguments. */
class ArgumentsReader implements Judge {
  readonly counters: GateCounters = { allowed: 0, denied: 0, late: 0, unjudged: 0 }
  readonly isBusy = false
  readonly waitedMs = 0
  readonly #group: ExecGroup
  readonly #outbox: Outbox

  constructor(group: ExecGroup, outbox: Outbox) {
    this.#group = group
    this.#outbox = outbox
  }

  take(held: Held): void {
    const argv = readHeldArguments(held.pid)
    const bootMs = bootTimeMs() // before the answer: the exec itself has to be later
    this.#group.answer(held, 'allow')
    this.#group.release(held)
    this.counters.allowed++
    if (argv === null) return
    const payload = encodeArguments({ pid: held.pid, bootMs, argv })
    this.#outbox.put(encodeFrame({ type: FRAME.EXEC_ARGUMENTS, payload }))
  }

  work(): void {}
}

function digestJudge(table: DigestTable, group: ExecGroup, outbox: Outbox): DigestJudge {
  const kernel = {
    answer: (held: Held, answer: 'allow' | 'deny') => group.answer(held, answer),
    release: (held: Held) => group.release(held),
    stateOf: stateOfFile,
    read: (fd: number, into: Uint8Array, position: number) => readSync(fd, into, 0, into.length, position),
    nowMs: () => performance.now(),
  }
  return new DigestJudge(table, kernel, ({ fd, pid }, sha256) => {
    const payload = jsonBytes({ pid, path: readlinkSync(`/proc/self/fd/${fd}`), sha256 })
    outbox.put(encodeFrame({ type: FRAME.GATE_DENIED, payload }))
  })
}

/** @throws GateError gate/bad-table */
function readTable({ kind, path }: NonNullable<GateSettings['table']>): DigestTable {
  const digests = parseDigests(readText(path))
  if (!('badLine' in digests)) return { kind, digests }
  const why = `line ${digests.badLine} is not a SHA-256 digest, or there are too many`
  throw new GateError('gate/bad-table', `Cannot start the exec gate: ${path}: ${why}`)
}

function readText(path: string): string {
  let fd: number | undefined
  try {
    fd = openSync(path, 'r')
    const file = fstatSync(fd)
    if (file.isFile() && file.size <= DIGEST_TABLE_BYTES_MAX) return readFileSync(fd, 'utf8')
  } catch (cause) {
    throw new GateError('gate/bad-table', `Cannot start the exec gate: ${errorMessage(cause)}`, { path }, cause)
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
  const limit = `a file of at most ${DIGEST_TABLE_BYTES_MAX / 1024 / 1024} MiB`
  throw new GateError('gate/bad-table', `Cannot start the exec gate: ${path} is not ${limit}`)
}

/**
 * This very program and its loader, which every dynamic program shares. The supervisor waits for each of its children to
 * have started: if that asked us, and we had stalled, it could not end us.
 */
function ownPrograms(): readonly string[] {
  const mapped = readFileSync('/proc/self/maps', 'utf8').matchAll(/ (\/\S+\/ld-\S+)$/gm)
  return [...new Set([process.execPath, ...Array.from(mapped, (match) => match[1] ?? '')])]
}
