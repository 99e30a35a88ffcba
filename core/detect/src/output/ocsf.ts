import { ENGINE_VERSION } from '../contract.ts'
import { attackTags } from './attack.ts'
import type { Detection } from './detection.ts'
import {
  fieldObject,
  type JsonObject,
  type JsonValue,
  mapFields,
  type Mapping,
  merge,
  orNull,
  present,
} from './field-map.ts'
import { detectionId } from './identity.ts'
import { own } from './own.ts'
import { eventTimeMs } from './time.ts'

/** The version of the Open Cybersecurity Schema Framework that `ocsfOf` writes. */
export const OCSF_VERSION = '1.5.0'

const FINDINGS = 2
const DETECTION_FINDING = 2004
const CREATE = 1
/** Of tactics and techniques that Sigma names. */
const ATTACK_VERSION = '19'

const SEVERITY: Readonly<Record<string, readonly [id: number, caption: string]>> = {
  informational: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
  critical: [5, 'Critical'],
}
const UNKNOWN_SEVERITY: readonly [id: number, caption: string] = [0, 'Unknown']
const OPERATING_SYSTEM: Readonly<Record<string, readonly [id: number, name: string] | null>> = {
  windows: [100, 'Windows'],
  linux: [200, 'Linux'],
  macos: [300, 'macOS'],
}

/** Paths below `evidences[0]`. Fields that are not here are in its `data`. */
const MAPPINGS: readonly Mapping[] = [
  { from: ['Computer', 'Hostname', 'ComputerName', 'host'], to: 'device.hostname', as: 'text' },
  { from: ['Image', 'NewProcessName', 'exe'], to: 'process.file.path', as: 'text' },
  { from: ['CommandLine', 'ProcessCommandLine'], to: 'process.cmd_line', as: 'text' },
  { from: ['CurrentDirectory'], to: 'process.working_directory', as: 'text' },
  { from: ['ProcessId', 'ProcessID', 'pid'], to: 'process.pid', as: 'number' },
  { from: ['ProcessGuid'], to: 'process.uid', as: 'text' },
  { from: ['ParentImage', 'ParentProcessName'], to: 'process.parent_process.file.path', as: 'text' },
  { from: ['ParentCommandLine'], to: 'process.parent_process.cmd_line', as: 'text' },
  { from: ['ParentProcessId'], to: 'process.parent_process.pid', as: 'number' },
  { from: ['ParentProcessGuid'], to: 'process.parent_process.uid', as: 'text' },
  { from: ['User', 'SubjectUserName', 'TargetUserName'], to: 'process.user.name', as: 'text' },
  { from: ['UserId', 'SubjectUserSid'], to: 'process.user.uid', as: 'text' },
  { from: ['TargetFilename', 'ImageLoaded'], to: 'file.path', as: 'text' },
  { from: ['SourceIp', 'SourceIP', 'IpAddress', 'src_ip'], to: 'src_endpoint.ip', as: 'text' },
  { from: ['SourcePort', 'IpPort', 'src_port'], to: 'src_endpoint.port', as: 'number' },
  { from: ['DestinationIp', 'DestinationIP', 'dst_ip'], to: 'dst_endpoint.ip', as: 'text' },
  { from: ['DestinationPort', 'dst_port'], to: 'dst_endpoint.port', as: 'number' },
  { from: ['DestinationHostname'], to: 'dst_endpoint.hostname', as: 'text' },
  { from: ['Protocol'], to: 'connection_info.protocol_name', as: 'lower' },
  { from: ['QueryName'], to: 'query.hostname', as: 'text' },
]

/**
 * Members that OCSF requires of an object, added where the object is there. Names of files come from their paths.
 * `type_id` 0 is Unknown of a device, 1 a regular file; `direction_id` 0 is Unknown.
 */
const REQUIRED: Readonly<Record<string, (object: JsonObject) => JsonObject>> = {
  device: () => ({ type_id: 0 }),
  file: ({ path }) => ({ name: fileName(path), type_id: 1 }),
  connection_info: () => ({ direction_id: 0 }),
}

/**
 * A detection as an OCSF Detection Finding (class 2004): `finding_info` names rule, pack and ATT&CK, `evidences[0]` the
 * fields of the event where OCSF has a place for them. Fields without one are in `evidences[0].data`; selections and the
 * rule's custom fields in `unmapped`.
 */
export function ocsfOf(detection: Detection): JsonObject {
  const [severityId, severity] = own(SEVERITY, detection.level, UNKNOWN_SEVERITY)
  const { mapped, rest } = mapFields(detection.fields, MAPPINGS)
  const evidence = complete(merge(mapped, deviceOf(detection.product)))
  return present({
    activity_id: CREATE,
    activity_name: 'Create',
    category_uid: FINDINGS,
    category_name: 'Findings',
    class_uid: DETECTION_FINDING,
    class_name: 'Detection Finding',
    type_uid: DETECTION_FINDING * 100 + CREATE,
    time: eventTimeMs(detection),
    severity_id: severityId,
    severity,
    is_alert: true,
    message: detection.title,
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'Firebreak', vendor_name: 'Firebreak', version: ENGINE_VERSION },
    },
    finding_info: present({
      uid: detectionId(detection),
      title: detection.title,
      analytic: { uid: detection.ruleId, name: detection.title, type_id: 1, type: 'Rule', version: detection.version },
      types: [detection.category],
      attacks: orNull(attacksOf(detection.tags)),
    }),
    evidences: [present({ ...evidence, data: orNull(fieldObject(rest)) })],
    unmapped: present({
      pack: detection.pack,
      tags: detection.tags,
      selections: detection.selections.map(({ name, matched }) => ({
        name,
        matched: matched.map((one) => ({ ...one })),
      })),
      custom: detection.custom,
    }),
  })
}

function attacksOf(tags: readonly string[]): readonly JsonObject[] {
  return attackTags(tags).map(({ technique, tactic, tacticName }) => {
    if (technique === null) return { version: ATTACK_VERSION, tactic: { uid: tactic, name: tacticName } }
    const [base = technique] = technique.split('.')
    const sub = base === technique ? null : { sub_technique: { uid: technique } }
    return { version: ATTACK_VERSION, technique: { uid: base }, ...sub }
  })
}

function deviceOf(product: string | null | undefined): JsonObject {
  const system = own(OPERATING_SYSTEM, product ?? '', null)
  return system === null ? {} : { device: { os: { type_id: system[0], name: system[1] } } }
}

function complete(object: JsonObject): JsonObject {
  const parts: [string, JsonValue][] = Object.entries(object).map(([key, value]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [key, value]
    const inner = complete(value as JsonObject)
    return [key, merge(inner, own(REQUIRED, key, () => ({}))(inner))]
  })
  return Object.fromEntries(parts)
}

function fileName(path: JsonValue | undefined): string {
  const text = typeof path === 'string' ? path : ''
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1)
}
