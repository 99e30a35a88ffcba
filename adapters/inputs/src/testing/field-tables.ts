import { ESLOGGER_EVENTS } from '../formats/eslogger.ts'
import { JOURNALD_TABLES } from '../formats/journald.ts'
import { SYSMON_LINUX } from '../formats/sysmon-linux.ts'
import { SYSMON_WINDOWS } from '../formats/sysmon-windows.ts'
import type { SysmonTable } from '../formats/sysmon.ts'

/** The tables of docs/inputs.md, as Markdown, made of the tables that the code runs by. */
export const FIELD_TABLES: Readonly<Record<string, () => readonly string[]>> = {
  eslogger: () => [
    '| event | log source | field | from |',
    '| --- | --- | --- | --- |',
    ...Object.entries(ESLOGGER_EVENTS).flatMap(([kind, { category, fields, when }]) =>
      fields.map(([field, ...from], i) => {
        const event = i > 0 ? '' : `\`${kind}\`${when === undefined ? '' : ` with \`${when}\``}`
        return `| ${event} | ${i > 0 ? '' : `\`${category}\``} | \`${field}\` | ${from.map(code).join(', ')} |`
      }),
    ),
  ],
  journald: () => [
    '| service | field | from |',
    '| --- | --- | --- |',
    ...[...Map.groupBy(Object.entries(JOURNALD_TABLES), ([, rows]) => rows).entries()].flatMap(([rows, services]) =>
      rows.map(([field, ...from], i) => {
        const names = i > 0 ? '' : services.map(([service]) => code(service)).join(', ')
        return `| ${names} | \`${field}\` | ${from.map(code).join(', ')} |`
      }),
    ),
  ],
  'sysmon-windows': () => sysmonTable(SYSMON_WINDOWS),
  'sysmon-linux': () => sysmonTable(SYSMON_LINUX),
}

function sysmonTable({ events }: SysmonTable): readonly string[] {
  const rows = [...events].map(([eventId, fields]) => `| ${eventId} | ${fields.map(code).join(', ')} |`)
  return ['| EventID | fields |', '| --- | --- |', ...rows]
}

function code(text: string): string {
  return `\`${text}\``
}
