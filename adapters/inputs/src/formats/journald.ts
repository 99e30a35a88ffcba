import type { SensorSource } from '@firebreak/content'
import { believedTime, parseMicroseconds } from '../event-time.ts'
import { type FieldMap, type FieldRow, fillerOf, type JsonObject, parseObject } from '../field-rows.ts'
import type { LineReader } from '../line-reader.ts'
import { namesIn } from '../names.ts'

/**
 * Entries of the systemd journal as `journalctl -o json` prints them. Sources: systemd.journal-fields(7), and "Journal
 * JSON Format" of systemd's documentation: all values are text; what is no text is a list of its bytes; a field that an
 * entry has several times is a list of texts; one that is too large is null.
 *
 * Sigma's services of Linux are log files, so that who wrote a line decides. Most of their rules are keywords.
 */
const ENTRY: readonly FieldRow[] = [
  ['Message', 'MESSAGE'],
  ['Identifier', 'SYSLOG_IDENTIFIER'],
  ['Hostname', '_HOSTNAME'],
  ['Image', '_EXE'],
  ['CommandLine', '_CMDLINE'],
  ['ProcessName', '_COMM'],
  ['ProcessId', '_PID', 'SYSLOG_PID'],
  ['UserId', '_UID'],
  ['GroupId', '_GID'],
  ['Unit', '_SYSTEMD_UNIT', '_SYSTEMD_USER_UNIT'],
  ['Priority', 'PRIORITY'],
  ['Facility', 'SYSLOG_FACILITY'],
]

/** By SYSLOG_IDENTIFIER, or _COMM without one: the last part of its path, in lower case. */
const SERVICES: Readonly<Record<string, readonly string[]>> = {
  sshd: ['sshd', 'sshd-session', 'sshd-auth'],
  sudo: ['sudo', 'sudoedit'],
  cron: ['cron', 'crond', 'crontab', 'anacron'],
  clamav: ['clamd', 'freshclam', 'clamscan', 'clamav'],
  vsftpd: ['vsftpd'],
  guacamole: ['guacd', 'guacamole'],
  auth: namesIn(`su login passwd chpasswd useradd userdel usermod groupadd groupdel groupmod chage chfn chsh gpasswd
    systemd-logind polkitd pkexec unix_chkpwd`),
}
/** `auth` and `authpriv` of syslog(3). */
const AUTH_FACILITIES = new Set<unknown>(['4', '10'])
/** Where everything else is logged. */
const OTHERS = 'syslog'
const AUDIT = 'auditd'

/**
 * Fields of audit records under the names that the audit system gives them. The journal writes what the kernel says as
 * _AUDIT_FIELD_NAME, what programs say as AUDIT_FIELD_NAME, and has some in fields of its own.
 */
const AUDIT_FIELDS: readonly FieldRow[] = [
  ['type', '_AUDIT_TYPE_NAME'],
  ['pid', '_PID'],
  ['uid', '_UID'],
  ['gid', '_GID'],
  ['comm', '_COMM'],
  ['exe', '_EXE', 'AUDIT_FIELD_EXE'],
  ['auid', '_AUDIT_LOGINUID'],
  ['ses', '_AUDIT_SESSION'],
  ['subj', '_SELINUX_CONTEXT'],
  ...namesIn(`a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 argc arch syscall success exit ppid euid suid fsuid egid sgid fsgid tty key
    name nametype inode dev mode ouid ogid cwd proctitle saddr op acct hostname addr terminal res id unit cmd grantors
    sig items prom old_prom list audit_enabled capability`).map((name): FieldRow => [
    name,
    `_AUDIT_FIELD_${name.toUpperCase()}`,
    `AUDIT_FIELD_${name.toUpperCase()}`,
  ]),
  ['Message', 'MESSAGE'],
  ['Hostname', '_HOSTNAME'],
]

export const JOURNALD_TABLES: Readonly<Record<string, readonly FieldRow[]>> = {
  ...Object.fromEntries([...Object.keys(SERVICES), OTHERS].map((service) => [service, ENTRY])),
  [AUDIT]: AUDIT_FIELDS,
}

const PRODUCT = 'linux'
const fillEntry = fillerOf(ENTRY)
const fillAudit = fillerOf(AUDIT_FIELDS)
const SERVICE_OF = new Map(Object.entries(SERVICES).flatMap(([service, names]) => names.map((name) => [name, service])))

export const JOURNALD_SUPPLIES: readonly SensorSource[] = Object.entries(JOURNALD_TABLES).map(([service, rows]) => ({
  kind: 'declared',
  source: { category: null, product: PRODUCT, service },
  fields: rows.map(([field]) => field),
}))

export const readJournald: LineReader = (line, receivedMs) => {
  const parsed = parseObject(line)
  if (parsed === null) return 'malformed'
  const entry = withTexts(parsed)
  // Every entry has one of them.
  const realtimeMs = parseMicroseconds(entry['__REALTIME_TIMESTAMP'])
  const sourceMs = parseMicroseconds(entry['_SOURCE_REALTIME_TIMESTAMP'])
  const saidMs = Number.isNaN(sourceMs) ? realtimeMs : sourceMs
  if (Number.isNaN(saidMs)) return 'other-shape'
  const isAudit = entry['_TRANSPORT'] === 'audit'
  const service = isAudit ? AUDIT : serviceOf(entry)
  const fields: FieldMap = isAudit ? fillAudit(entry) : fillEntry(entry)
  return { category: null, product: PRODUCT, service, timeMs: believedTime(saidMs, receivedMs), fields }
}

function serviceOf(entry: JsonObject): string {
  const writer = entry['SYSLOG_IDENTIFIER'] ?? entry['_COMM']
  const name = typeof writer === 'string' ? writer.slice(writer.lastIndexOf('/') + 1).toLowerCase() : ''
  const known = SERVICE_OF.get(name)
  if (known !== undefined) return known
  return AUTH_FACILITIES.has(entry['SYSLOG_FACILITY']) ? 'auth' : OTHERS
}

/** Values that are no text for JSON: their bytes as text, with U+FFFD for what is not UTF-8. */
function withTexts(entry: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [name, isBytes(value) ? textOf(value) : value]),
  )
}

function isBytes(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((one: unknown) => Number.isInteger(one) && (one as number) >= 0 && (one as number) < 256)
  )
}

function textOf(bytes: readonly number[]): string {
  return new TextDecoder().decode(Uint8Array.from(bytes))
}
