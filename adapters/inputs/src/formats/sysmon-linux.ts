import type { SensorSource } from '@firebreak/content'
import type { LineReader } from '../line-reader.ts'
import { namesIn } from '../names.ts'
import { eventXmlIn } from './event-xml.ts'
import { type SysmonTable, sysmonEvent, sysmonSupplies } from './sysmon.ts'
import { readWindowsShape } from './windows-shape.ts'

const PROCESS = 'RuleName UtcTime ProcessGuid ProcessId Image User'
const FILE = `${PROCESS} TargetFilename`

/**
 * Sysmon for Linux. It writes the same events as Sysmon of Windows, but for what Linux does not have: version
 * information, signatures, and names of hosts and ports are always a dash, so they are not in the table. Source: its
 * schema (`sysmon -s`).
 */
export const SYSMON_LINUX: SysmonTable = {
  product: 'linux',
  channel: 'Linux-Sysmon/Operational',
  provider: 'Linux-Sysmon',
  events: new Map(
    Object.entries({
      1: `${PROCESS} CommandLine CurrentDirectory LogonGuid LogonId TerminalSessionId IntegrityLevel ParentProcessGuid
        ParentProcessId ParentImage ParentCommandLine ParentUser`,
      3: `${PROCESS} Protocol Initiated SourceIsIpv6 SourceIp SourcePort DestinationIsIpv6 DestinationIp
        DestinationPort`,
      4: 'UtcTime State Version SchemaVersion',
      5: PROCESS,
      9: `${PROCESS} Device`,
      11: `${FILE} CreationUtcTime`,
      16: 'UtcTime Configuration ConfigurationFileHash',
      23: `${FILE} IsExecutable Archived`,
      255: 'UtcTime ID Description',
    }).map(([eventId, fields]) => [Number(eventId), namesIn(fields)]),
  ),
}

export const SYSMON_LINUX_SUPPLIES: readonly SensorSource[] = sysmonSupplies(SYSMON_LINUX)

/** Where shippers of logs keep the line of syslog that Sysmon for Linux wrote. */
const MESSAGES = ['MESSAGE', 'message', 'Message', 'SyslogMessage']
const BRACE = 0x7b
const SPACE = 0x20

/** JSON; or the event as XML, as Sysmon writes it to syslog: in the line itself, or in a line of JSON around it. */
export const readSysmonLinux: LineReader = (line, receivedMs) => {
  if (line.find((byte) => byte > SPACE) !== BRACE) {
    const text = new TextDecoder().decode(line)
    const values = eventXmlIn(text)
    return values === null ? 'malformed' : sysmonEvent(values, SYSMON_LINUX, receivedMs)
  }
  const values = readWindowsShape(line)
  if (values === null) return 'malformed'
  for (const name of MESSAGES) {
    const inner = eventXmlIn(values.get(name) ?? '')
    if (inner !== null) return sysmonEvent(inner, SYSMON_LINUX, receivedMs)
  }
  return sysmonEvent(values, SYSMON_LINUX, receivedMs)
}
