import { namesIn } from './names.ts'

/** Fields of every event of a Windows event log; XML attributes are joined with an underscore. */
export const WINDOWS_COMMON_FIELDS: readonly string[] = namesIn(`
  EventID Channel Computer Provider_Name Provider_Guid EventRecordID Version Level Task Opcode Keywords
  Security_UserID TimeCreated_SystemTime Execution_ProcessID Execution_ThreadID Correlation_ActivityID
`)

export interface EventFields {
  readonly service: string
  readonly eventId: number
  readonly fields: readonly string[]
}

const PROCESS = 'ProcessGuid ProcessId Image User'
const FILE = `${PROCESS} TargetFilename`
const ARCHIVED_FILE = `${FILE} Hashes IsExecutable`
const REGISTRY = `${PROCESS} EventType TargetObject`
const VERSION = 'FileVersion Description Product Company OriginalFileName'
const SIGNATURE = 'Hashes Signed Signature SignatureStatus'

const fieldsOf = (service: string, eventId: number, fields: string): EventFields => ({
  service,
  eventId,
  fields: namesIn(fields),
})
const sysmon = (eventId: number, fields: string): EventFields =>
  fieldsOf('sysmon', eventId, `RuleName UtcTime ${fields}`)

/**
 * What an event of a category supplies, where its schema is fixed. Sources: Sysmon's schema (`sysmon -s`), Microsoft's
 * event manifests, SigmaHQ's list of field names. Agents that add fields of their own are sensors of their own.
 */
export const WINDOWS_EVENT_FIELDS: readonly EventFields[] = [
  sysmon(
    1,
    `${PROCESS} ${VERSION} CommandLine CurrentDirectory LogonGuid LogonId TerminalSessionId IntegrityLevel Hashes
    ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser`,
  ),
  sysmon(2, `${FILE} CreationUtcTime PreviousCreationUtcTime`),
  sysmon(
    3,
    `${PROCESS} Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName DestinationIsIpv6
    DestinationIp DestinationHostname DestinationPort DestinationPortName`,
  ),
  sysmon(4, 'State Version SchemaVersion'),
  sysmon(5, PROCESS),
  sysmon(6, `ImageLoaded ${SIGNATURE}`),
  sysmon(7, `${PROCESS} ${VERSION} ImageLoaded ${SIGNATURE}`),
  sysmon(
    8,
    `SourceProcessGuid SourceProcessId SourceImage SourceUser TargetProcessGuid TargetProcessId TargetImage TargetUser
    NewThreadId StartAddress StartModule StartFunction`,
  ),
  sysmon(9, `${PROCESS} Device`),
  sysmon(
    10,
    `SourceProcessGUID SourceProcessId SourceThreadId SourceImage SourceUser TargetProcessGUID TargetProcessId
    TargetImage TargetUser GrantedAccess CallTrace`,
  ),
  sysmon(11, `${FILE} CreationUtcTime`),
  sysmon(12, REGISTRY),
  sysmon(13, `${REGISTRY} Details`),
  sysmon(14, `${REGISTRY} NewName`),
  sysmon(15, `${FILE} CreationUtcTime Hash Contents`),
  sysmon(16, 'Configuration ConfigurationFileHash'),
  sysmon(17, `${PROCESS} EventType PipeName`),
  sysmon(18, `${PROCESS} EventType PipeName`),
  sysmon(19, 'EventType Operation User EventNamespace Name Query'),
  sysmon(20, 'EventType Operation User Name Type Destination'),
  sysmon(21, 'EventType Operation User Consumer Filter'),
  sysmon(22, `${PROCESS} QueryName QueryStatus QueryResults`),
  sysmon(23, `${ARCHIVED_FILE} Archived`),
  sysmon(24, `${PROCESS} Session ClientInfo Hashes Archived`),
  sysmon(25, `${PROCESS} Type`),
  sysmon(26, ARCHIVED_FILE),
  sysmon(27, `${FILE} Hashes`),
  sysmon(28, ARCHIVED_FILE),
  sysmon(29, `${FILE} Hashes`),
  sysmon(255, 'ID Description'),
  fieldsOf(
    'security',
    4688,
    `SubjectUserSid SubjectUserName SubjectDomainName SubjectLogonId NewProcessId NewProcessName TokenElevationType
    ProcessId CommandLine TargetUserSid TargetUserName TargetDomainName TargetLogonId ParentProcessName MandatoryLabel`,
  ),
  fieldsOf('powershell', 4103, 'ContextInfo UserData Payload'),
  fieldsOf('powershell', 4104, 'MessageNumber MessageTotal ScriptBlockText ScriptBlockId Path'),
]
