import { sha256Hex } from '@firebreak/crypto'
import type { StateSummary } from './check-state.ts'
import type { ShownFolder } from './folder.ts'
import type { Findings } from './report.ts'

const SPOOL = 'spool/detections.log'
const SPOOL_BYTES_MAX = 2 * 64 * 1024 * 1024
/** Sequences of one start of the agent. */
const SEQUENCES_PER_START = 1_000_000_000
const QUARANTINE_EVENTS_MAX = 64
const QUARANTINE_BYTES_MAX = 1024 * 1024
const NEWLINE = 10
/** magic, version, length, tables' sizes, records, first record; see the record format. */
const BATCH_HEADER_BYTES = 24
const RECORD_BATCH_MAGIC = 0x42524246

/** Detections that the server does not hold yet: whole lines, numbered, never backwards, never from a start to come. */
export async function checkSpool(folder: ShownFolder, state: StateSummary | null, findings: Findings): Promise<void> {
  const bytes = await folder.read(SPOOL, SPOOL_BYTES_MAX)
  if (!bytes) return
  const end = bytes.lastIndexOf(NEWLINE) + 1
  if (end < bytes.length) findings.leave(SPOOL, 'a last line that was never acknowledged; the next start cuts it off')
  let last = 0
  let number = 0
  for (let at = 0; at < end;) {
    const next = bytes.indexOf(NEWLINE, at) + 1
    number++
    const head = Buffer.from(bytes.subarray(at, Math.min(at + 24, next))).toString('latin1')
    const sequence = Number(/^(\d{1,16}) /.exec(head)?.[1] ?? Number.NaN)
    if (Number.isNaN(sequence)) {
      findings.add('spool/line', SPOOL, `Line ${number} has no number; somebody else wrote it; remove that line`)
      return
    }
    if (sequence <= last) {
      findings.add('spool/sequence', SPOOL, `Line ${number} goes back from ${last} to ${sequence}; remove that line`)
      return
    }
    last = sequence
    at = next
  }
  const given = ((state?.starts ?? Number.MAX_SAFE_INTEGER) + 1) * SEQUENCES_PER_START
  if (last < given) return
  const message = `Number ${last} was not given out yet: the state is older than the spool; put both back from one copy`
  findings.add('spool/sequence', SPOOL, message)
}

/** Events put aside: each one event, named by its digest, few and small together. */
export async function checkQuarantine(folder: ShownFolder, findings: Findings): Promise<void> {
  const files = folder.filesIn('quarantine').filter((file) => file.endsWith('.frb'))
  let total = 0
  for (const file of files) {
    const path = `quarantine/${file}`
    total += folder.entries.get(path)?.sizeBytes ?? 0
    const bytes = await folder.read(path, QUARANTINE_BYTES_MAX)
    if (!bytes) continue
    if (`${sha256Hex(bytes)}.frb` !== file) {
      findings.add('quarantine/digest', path, 'Its bytes were changed; it proves nothing any more, remove it')
    } else if (!isOneEvent(bytes)) {
      findings.add('quarantine/event', path, 'It is not one event; somebody else put it there, remove it')
    }
  }
  if (files.length <= QUARANTINE_EVENTS_MAX && total <= QUARANTINE_BYTES_MAX) return
  const message = `There are ${files.length} events of ${total} bytes, more than the agent keeps; move them away`
  findings.add('quarantine/bounds', 'quarantine', message)
}

/** The outline of a record batch with one record. */
function isOneEvent(bytes: Uint8Array): boolean {
  if (bytes.length < BATCH_HEADER_BYTES) return false
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [magic, length, records] = [0, 8, 16].map((at) => view.getUint32(at, true))
  return magic === RECORD_BATCH_MAGIC && length === bytes.length && records === 1
}
