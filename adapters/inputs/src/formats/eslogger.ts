import type { SensorSource } from '@firebreak/content'
import { believedTime, parseTime } from '../event-time.ts'
import { type FieldRow, fillerOf, memberAt, objectOf, parseObject } from '../field-rows.ts'
import type { LineReader } from '../line-reader.ts'

/**
 * Events of macOS's Endpoint Security as `eslogger` prints them, one JSON object a line: `process` is who did it,
 * `event.KIND` what. Sources: eslogger(1), and the structures es_message_t, es_process_t and es_event_exec_t of Apple's
 * EndpointSecurity headers, after which the JSON is modelled. Apple promises no stable schema: a member that is gone
 * leaves its field absent.
 *
 * An exec is reported with the image that the process had before it, which is its parent's where a program is started
 * by fork and exec or by posix_spawn; that is the only image of a parent that the format has. It has no names of users
 * and no command line of the parent.
 */
const ACTOR: readonly FieldRow[] = [
  ['Image', 'process.executable.path'],
  ['ProcessId', 'process.audit_token.pid'],
  ['ProcessGuid', 'process.audit_token.pid - process.audit_token.pidversion'],
  ['ParentProcessId', 'process.ppid'],
  ['UserId', 'process.audit_token.ruid'],
  ['GroupId', 'process.audit_token.rgid'],
  ['SigningId', 'process.signing_id'],
  ['TeamId', 'process.team_id'],
]

const STARTED: readonly FieldRow[] = [
  ['Image', 'event.exec.target.executable.path'],
  ['CommandLine', 'event.exec.args'],
  ['CurrentDirectory', 'event.exec.cwd.path'],
  ['ProcessId', 'event.exec.target.audit_token.pid'],
  ['ProcessGuid', 'event.exec.target.audit_token.pid - event.exec.target.audit_token.pidversion'],
  ['StartTime', 'event.exec.target.start_time'],
  ['UserId', 'event.exec.target.audit_token.ruid'],
  ['GroupId', 'event.exec.target.audit_token.rgid'],
  ['SigningId', 'event.exec.target.signing_id'],
  ['TeamId', 'event.exec.target.team_id'],
  ['ParentImage', 'process.executable.path'],
  ['ParentProcessId', 'event.exec.target.ppid'],
  ['ParentProcessGuid', 'event.exec.target.parent_audit_token.pid - event.exec.target.parent_audit_token.pidversion'],
]

const target = (kind: string): readonly FieldRow[] => [['TargetFilename', `event.${kind}.target.path`], ...ACTOR]

const destination = (kind: string): FieldRow => [
  'TargetFilename',
  `event.${kind}.destination.existing_file.path`,
  `event.${kind}.destination.new_path.dir.path / event.${kind}.destination.new_path.filename`,
]

const ACCESSED: readonly FieldRow[] = [
  ['SourceImage', 'process.executable.path'],
  ['SourceProcessId', 'process.audit_token.pid'],
  ['TargetImage', 'event.get_task.target.executable.path'],
  ['TargetProcessId', 'event.get_task.target.audit_token.pid'],
]

interface EventRow {
  readonly category: string
  readonly fields: readonly FieldRow[]
  /** Events of the kind that are of the category; all by default. */
  readonly when?: string
}

/** By the kind of event. Kinds that are not here (`fork`, `open`, `signal`, ...) have no log source in Sigma. */
export const ESLOGGER_EVENTS: Readonly<Record<string, EventRow>> = {
  exec: { category: 'process_creation', fields: STARTED },
  exit: { category: 'process_termination', fields: ACTOR },
  get_task: { category: 'process_access', fields: ACCESSED },
  create: { category: 'file_event', fields: [destination('create'), ...ACTOR] },
  write: { category: 'file_event', fields: target('write') },
  close: { category: 'file_event', fields: target('close'), when: 'modified' },
  unlink: { category: 'file_delete', fields: target('unlink') },
  rename: {
    category: 'file_rename',
    fields: [['SourceFilename', 'event.rename.source.path'], destination('rename'), ...ACTOR],
  },
  setmode: { category: 'file_change', fields: target('setmode') },
  setowner: { category: 'file_change', fields: target('setowner') },
  setflags: { category: 'file_change', fields: target('setflags') },
  setextattr: { category: 'file_change', fields: target('setextattr') },
  utimes: { category: 'file_change', fields: target('utimes') },
}

const PRODUCT = 'macos'
const READERS = new Map(
  Object.entries(ESLOGGER_EVENTS).map(([kind, row]) => [kind, { ...row, fill: fillerOf(row.fields) }]),
)

export const ESLOGGER_SUPPLIES: readonly SensorSource[] = [
  ...new Map(Object.values(ESLOGGER_EVENTS).map((row) => [row.category, row])).values(),
].map(({ category, fields }) => ({
  kind: 'declared',
  source: { category, product: PRODUCT, service: null },
  fields: fields.map(([field]) => field),
}))

export const readEslogger: LineReader = (line, receivedMs) => {
  const message = parseObject(line)
  if (message === null) return 'malformed'
  const event = objectOf(memberAt(message, ['event']))
  const [kind] = event === null ? [] : Object.keys(event)
  if (kind === undefined || objectOf(memberAt(message, ['process'])) === null) return 'other-shape'
  const reader = READERS.get(kind)
  if (reader === undefined) return 'not-supplied'
  if (reader.when !== undefined && memberAt(message, ['event', kind, reader.when]) !== true) return 'not-supplied'
  const said = memberAt(message, ['time'])
  const timeMs = believedTime(typeof said === 'string' ? parseTime(said) : Number.NaN, receivedMs)
  return { category: reader.category, product: PRODUCT, service: null, timeMs, fields: reader.fill(message) }
}
