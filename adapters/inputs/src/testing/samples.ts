/**
 * Lines of each format, made by hand for the tests: names of members as the formats' documentation and public output
 * have them, values invented.
 */
type Plain = Readonly<Record<string, unknown>>

export const NOW_MS = 1_784_000_000_000
const SAID = '2026-07-14T03:33:10.250Z'
export const SAID_MS: number = Date.parse(SAID)

export function lineOf(value: unknown): Uint8Array {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
}

const token = (pid: number, pidversion: number): Plain => ({ pid, pidversion, auid: 501, euid: 0, ruid: 501, egid: 0, rgid: 20, asid: 100_004 }) // prettier-ignore

const zsh: Plain = {
  ppid: 400,
  original_ppid: 400,
  is_platform_binary: true,
  signing_id: 'com.apple.zsh',
  team_id: null,
  audit_token: token(4242, 7),
  parent_audit_token: token(400, 3),
  executable: { path: '/bin/zsh', path_truncated: false, stat: { st_ino: 1, st_uid: 0 } },
}

export function eslogger(event: Plain, over: Plain = {}): Plain {
  return { schema_version: 1, version: 8, event_type: 9, time: SAID, seq_num: 1, process: zsh, event, ...over }
}

export const ESLOGGER_EXEC: Plain = eslogger({
  exec: {
    args: ['curl', '-s', 'http://a.example/x.sh'],
    env: ['PATH=/usr/bin'],
    cwd: { path: '/Users/lab', path_truncated: false },
    script: null,
    target: {
      ...zsh,
      ppid: 400,
      signing_id: 'com.apple.curl',
      start_time: SAID,
      audit_token: token(4242, 8),
      executable: { path: '/usr/bin/curl' },
    },
  },
})

export const JOURNAL_SSHD: Plain = {
  __CURSOR: 's=1;i=2',
  __REALTIME_TIMESTAMP: `${SAID_MS + 5}000`,
  _SOURCE_REALTIME_TIMESTAMP: `${SAID_MS}000`,
  _TRANSPORT: 'syslog',
  SYSLOG_IDENTIFIER: 'sshd',
  SYSLOG_FACILITY: '10',
  PRIORITY: '6',
  _PID: '812',
  _UID: '0',
  _GID: '0',
  _COMM: 'sshd',
  _EXE: '/usr/sbin/sshd',
  _CMDLINE: 'sshd: root [priv]',
  _HOSTNAME: 'web1',
  _SYSTEMD_UNIT: 'ssh.service',
  MESSAGE: 'Failed password for root from 192.0.2.7 port 4711 ssh2',
}

const SYSMON_DATA: Plain = {
  RuleName: '-',
  UtcTime: '2026-07-14 03:33:10.250',
  ProcessGuid: '{1}',
  ProcessId: '4480',
  Image: 'C:\\Windows\\System32\\whoami.exe',
  OriginalFileName: 'whoami.exe',
  CommandLine: 'whoami /all',
  User: 'LAB\\eve',
  ParentImage: 'C:\\Windows\\System32\\cmd.exe',
}
const CHANNEL = 'Microsoft-Windows-Sysmon/Operational'
const COMPUTER = 'pc1.lab'

/** The same process creation in every shape that collectors write. */
export const SYSMON_SHAPES: Readonly<Record<string, Plain>> = {
  'as evtx tools dump it': {
    Event: {
      '#attributes': { xmlns: 'http://schemas.microsoft.com/win/2004/08/events/event' },
      System: {
        Provider: { '#attributes': { Name: 'Microsoft-Windows-Sysmon' } },
        EventID: 1,
        Channel: CHANNEL,
        Computer: COMPUTER,
      },
      EventData: SYSMON_DATA,
    },
  },
  'without the outermost': {
    System: { Provider: { Name: 'Microsoft-Windows-Sysmon' }, EventID: '1', Channel: CHANNEL, Computer: COMPUTER },
    EventData: SYSMON_DATA,
  },
  winlogbeat: {
    '@timestamp': SAID,
    message: 'Process Create',
    host: { name: 'pc1' },
    event: { code: '1', provider: 'Microsoft-Windows-Sysmon' },
    winlog: {
      channel: CHANNEL,
      event_id: 1,
      provider_name: 'Microsoft-Windows-Sysmon',
      computer_name: COMPUTER,
      event_data: SYSMON_DATA,
    },
  },
  'winlogbeat before 7': {
    '@timestamp': SAID,
    log_name: CHANNEL,
    event_id: 1,
    source_name: 'Microsoft-Windows-Sysmon',
    computer_name: COMPUTER,
    event_data: SYSMON_DATA,
  },
  'NXLog, flat': {
    EventTime: '2026-07-14 05:33:10',
    Hostname: COMPUTER,
    Channel: CHANNEL,
    EventID: 1,
    SourceName: 'Microsoft-Windows-Sysmon',
    ...SYSMON_DATA,
  },
  'XML made JSON': {
    Event: {
      System: {
        Provider: { '@Name': 'Microsoft-Windows-Sysmon' },
        EventID: { '#text': '1' },
        Channel: CHANNEL,
        Computer: COMPUTER,
      },
      EventData: { Data: Object.entries(SYSMON_DATA).map(([name, text]) => ({ '@Name': name, '#text': text })) },
    },
  },
}

export const SYSMON_FIELDS: Plain = {
  Channel: CHANNEL,
  EventID: 1,
  Computer: COMPUTER,
  Provider_Name: 'Microsoft-Windows-Sysmon',
  ...SYSMON_DATA,
}

/** As Sysmon for Linux writes it to syslog. */
export const SYSMON_LINUX_XML: string =
  `<Event><System><Provider Name="Linux-Sysmon" Guid="{ff032593-a8d3-4f13-b0d6-01fc615a0f97}"/><EventID>1</EventID>` +
  `<Version>5</Version><TimeCreated SystemTime="${SAID}"/><Execution ProcessID="11" ThreadID="11"/>` +
  `<Channel>Linux-Sysmon/Operational</Channel><Computer>web1</Computer><Security UserId="0"/></System><EventData>` +
  `<Data Name="RuleName">-</Data><Data Name="UtcTime">2026-07-14 03:33:10.250</Data><Data Name="ProcessId">99</Data>` +
  `<Data Name="Image">/usr/bin/curl</Data><Data Name="OriginalFileName">-</Data>` +
  `<Data Name="CommandLine">curl &lt;x&gt; &amp;&#39;y&apos;</Data><Data Name="User">root</Data></EventData></Event>`

export const SYSMON_LINUX_FIELDS: Plain = {
  Channel: 'Linux-Sysmon/Operational',
  EventID: 1,
  Provider_Name: 'Linux-Sysmon',
  Provider_Guid: '{ff032593-a8d3-4f13-b0d6-01fc615a0f97}',
  Version: '5',
  TimeCreated_SystemTime: SAID,
  Execution_ProcessID: '11',
  Execution_ThreadID: '11',
  Computer: 'web1',
  RuleName: '-',
  UtcTime: '2026-07-14 03:33:10.250',
  ProcessId: '99',
  Image: '/usr/bin/curl',
  CommandLine: "curl <x> &'y'",
  User: 'root',
}
