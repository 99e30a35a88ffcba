import { detectionId } from './identity.ts'
import { own } from './own.ts'
import { eventTime } from './time.ts'
import { attackTags } from './attack.ts'
import type { Detection } from './detection.ts'
import { fieldObject, type JsonObject, mapFields, type Mapping, merge, orNull, present } from './field-map.ts'

/** The version of the Elastic Common Schema that `ecsOf` writes. */
export const ECS_VERSION = '8.17.0'

/** Sysmon's, Windows's and our sensor's names. Fields that are not here are kept under `firebreak.fields`. */
const MAPPINGS: readonly Mapping[] = [
  { from: ['Computer', 'Hostname', 'ComputerName', 'host'], to: 'host.name', as: 'text' },
  { from: ['Channel'], to: 'winlog.channel', as: 'text' },
  { from: ['EventID', 'EventId'], to: 'event.code', as: 'text' },
  { from: ['Provider_Name', 'SourceName'], to: 'event.provider', as: 'text' },
  { from: ['Image', 'NewProcessName', 'exe'], to: 'process.executable', as: 'text' },
  { from: ['CommandLine', 'ProcessCommandLine'], to: 'process.command_line', as: 'text' },
  { from: ['CurrentDirectory'], to: 'process.working_directory', as: 'text' },
  { from: ['ProcessId', 'ProcessID', 'pid'], to: 'process.pid', as: 'number' },
  { from: ['ProcessGuid'], to: 'process.entity_id', as: 'text' },
  { from: ['ProcessName'], to: 'process.name', as: 'file-name' },
  { from: ['OriginalFileName'], to: 'process.pe.original_file_name', as: 'text' },
  { from: ['ParentImage', 'ParentProcessName'], to: 'process.parent.executable', as: 'text' },
  { from: ['ParentCommandLine'], to: 'process.parent.command_line', as: 'text' },
  { from: ['ParentProcessId'], to: 'process.parent.pid', as: 'number' },
  { from: ['ParentProcessGuid'], to: 'process.parent.entity_id', as: 'text' },
  { from: ['User', 'SubjectUserName', 'TargetUserName'], to: 'user.name', as: 'text' },
  { from: ['UserId', 'SubjectUserSid'], to: 'user.id', as: 'text' },
  { from: ['TargetFilename', 'ImageLoaded'], to: 'file.path', as: 'text' },
  { from: ['TargetObject'], to: 'registry.path', as: 'text' },
  { from: ['SourceIp', 'SourceIP', 'IpAddress', 'src_ip'], to: 'source.ip', as: 'text' },
  { from: ['SourcePort', 'IpPort', 'src_port'], to: 'source.port', as: 'number' },
  { from: ['DestinationIp', 'DestinationIP', 'dst_ip'], to: 'destination.ip', as: 'text' },
  { from: ['DestinationPort', 'dst_port'], to: 'destination.port', as: 'number' },
  { from: ['DestinationHostname'], to: 'destination.domain', as: 'text' },
  { from: ['Protocol'], to: 'network.transport', as: 'lower' },
  { from: ['QueryName'], to: 'dns.question.name', as: 'text' },
]

/** Kibana's own numbers for the severities of an alert. */
const SEVERITY: Readonly<Record<string, number>> = { informational: 1, low: 21, medium: 47, high: 73, critical: 99 }

const REPOSITORY_OF_TECHNIQUES = 'https://attack.mitre.org/techniques'

/**
 * A detection as an ECS alert: `event.kind: alert`, `rule.*`, `threat.*` from its ATT&CK tags, and the fields of its event
 * where ECS has a place for them. What ECS has no place for is under `firebreak`.
 */
export function ecsOf(detection: Detection): JsonObject {
  const { mapped, rest } = mapFields(detection.fields, MAPPINGS)
  return merge(mapped, {
    '@timestamp': eventTime(detection),
    ecs: { version: ECS_VERSION },
    event: {
      id: detectionId(detection),
      kind: 'alert',
      category: ['intrusion_detection'],
      type: ['indicator'],
      module: 'firebreak',
      dataset: 'firebreak.detection',
      severity: own(SEVERITY, detection.level, 0),
    },
    message: detection.title,
    rule: {
      id: detection.ruleId,
      name: detection.title,
      ruleset: detection.pack,
      version: detection.version,
      category: detection.category,
    },
    tags: detection.tags,
    ...present({ threat: threatOf(detection.tags), host: hostOf(detection.product) }),
    firebreak: present({
      level: detection.level,
      selections: detection.selections.map(({ name, matched }) => ({
        name,
        matched: matched.map((one) => ({ ...one })),
      })),
      fields: orNull(fieldObject(rest)),
      custom: detection.custom,
    }),
  })
}

function hostOf(product: string | null | undefined): JsonObject | null {
  return product === 'windows' || product === 'linux' || product === 'macos' ? { os: { type: product } } : null
}

function threatOf(tags: readonly string[]): JsonObject | null {
  const found = attackTags(tags)
  const tactics = found.filter(({ tactic }) => tactic !== null)
  const techniques = found.flatMap(({ technique }) => (technique === null ? [] : [technique]))
  if (tactics.length + techniques.length === 0) return null
  // Arrays that stand side by side: ECS keeps ids and names in fields of their own.
  const bases = [...new Set(techniques.map((id) => id.split('.')[0] ?? id))]
  const parts = techniques.filter((id) => id.includes('.'))
  return present({
    framework: 'MITRE ATT&CK',
    tactic:
      tactics.length === 0
        ? null
        : { id: tactics.map((one) => one.tactic), name: tactics.map((one) => one.tacticName) },
    technique:
      bases.length === 0
        ? null
        : present({
            id: bases,
            reference: bases.map((id) => `${REPOSITORY_OF_TECHNIQUES}/${id}/`),
            subtechnique: parts.length === 0 ? null : { id: parts },
          }),
  })
}
