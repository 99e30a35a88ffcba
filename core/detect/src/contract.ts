import {
  describeSource,
  FEATURES,
  type FieldNeeds,
  type ReachedSource,
  type SensorContract,
  type SensorSource,
  sourcesReaching,
  type VerifiedImage,
} from '@firebreak/content'
import { compareVersions, type Version } from '@firebreak/kernel'
import { DetectError } from './errors.ts'

/** What an engine promises to supply. An image that needs more is refused before it is activated. */
export interface EngineContract {
  readonly engineVersion: Version
  readonly features: readonly string[]
  /** 'any': events are what somebody hands over, and an absent field is absent, whatever rules ask for. */
  readonly fields: readonly SuppliedFields[] | 'any'
  /** What inputs of this host supply besides. They add: no image that would be taken without them is refused for them. */
  readonly inputs?: readonly SensorSource[]
}

/** Of the sensors of this version. */
const SENSOR_PRODUCT = 'linux'

export interface SuppliedFields {
  readonly category: string
  readonly fields: readonly string[]
}

/** Rises with what an engine supplies, takes or tells. Whoever raises it keeps the build before it: docs/gate-engines.md. */
export const ENGINE_VERSION: Version = '1.3.0'

/** For events from files and from other programs. */
export const OPEN_CONTRACT: EngineContract = { engineVersion: ENGINE_VERSION, features: FEATURES, fields: 'any' }

/** Of the process that did it. */
const ACTOR_FIELDS = ['Image', 'CommandLine', 'ProcessId', 'ProcessGuid', 'User', 'UserId', 'ContainerId'] as const
const FILE_FIELDS = [...ACTOR_FIELDS, 'TargetFilename', 'FileOperation'] as const

/** Exactly what the sensors of this version fill in. A field is added here when a sensor supplies it, never before. */
export const ENGINE_CONTRACT: EngineContract & { readonly fields: readonly SuppliedFields[] } = {
  engineVersion: ENGINE_VERSION,
  features: FEATURES,
  fields: [
    {
      category: 'process_creation',
      fields: [
        'Image',
        'CommandLine',
        'CurrentDirectory',
        'User',
        'UserId',
        'GroupId',
        'ProcessId',
        'ProcessGuid',
        'ProcessName',
        'StartTime',
        'ParentImage',
        'ParentCommandLine',
        'ParentProcessId',
        'ParentProcessGuid',
        'ParentProcessName',
        'ParentUser',
        'ParentCurrentDirectory',
        'CgroupId',
        'ContainerId',
        'Hashes',
        'ImageInode',
        'ImageDevice',
      ],
    },
    { category: 'file_event', fields: FILE_FIELDS },
    { category: 'file_change', fields: FILE_FIELDS },
    { category: 'file_delete', fields: FILE_FIELDS },
    { category: 'file_rename', fields: [...FILE_FIELDS, 'SourceFilename'] },
    {
      category: 'network_connection',
      fields: [
        ...ACTOR_FIELDS,
        'Protocol',
        'Initiated',
        'SourceIp',
        'SourcePort',
        'DestinationIp',
        'DestinationPort',
        'DestinationHostname',
      ],
    },
    { category: 'network_bind', fields: [...ACTOR_FIELDS, 'Protocol', 'SourceIp', 'SourcePort'] },
    { category: 'dns_query', fields: [...ACTOR_FIELDS, 'QueryName', 'QueryType', 'DestinationIp'] },
    {
      category: 'process_access',
      fields: [
        'SourceImage',
        'SourceCommandLine',
        'SourceProcessId',
        'SourceProcessGuid',
        'SourceUser',
        'TargetImage',
        'TargetProcessId',
        'TargetProcessGuid',
        'TargetUser',
        'AccessRequest',
        'ContainerId',
      ],
    },
  ],
}

export type ContractErrorCode =
  | 'detect/engine-too-old'
  | 'detect/unsupplied-feature'
  | 'detect/unsupplied-source'
  | 'detect/unsupplied-field'

/** One thing that an image needs and an engine does not supply. */
export interface ContractProblem {
  readonly code: ContractErrorCode
  /** For a person, to be continued: `it reads field X of ...`. */
  readonly why: string
  /** Names of what is missing, for programs. */
  readonly details: Readonly<Record<string, string | number>>
}

/**
 * Refuses an image that needs what this engine does not supply. The outage of July 2024 was an image with 21 fields
 * for a sensor that supplied 20.
 *
 * @throws DetectError detect/engine-too-old | detect/unsupplied-feature | detect/unsupplied-source |
 *   detect/unsupplied-field
 */
export function checkContract(image: VerifiedImage, contract: EngineContract): void {
  const [first] = contractProblems(image, contract)
  if (first === undefined) return
  throw new DetectError(first.code, `Cannot load ${image.pack} ${image.version}: ${first.why}`, first.details)
}

/** All that `image` needs and the engine does not supply, for whoever has to mend it. */
export function contractProblems(image: VerifiedImage, contract: EngineContract): readonly ContractProblem[] {
  const { minimumEngine } = image
  const { engineVersion } = contract
  const problems: ContractProblem[] = []
  if (compareVersions(minimumEngine, engineVersion) > 0) {
    const why = `it needs engine ${minimumEngine}, this is ${engineVersion}`
    problems.push({ code: 'detect/engine-too-old', why, details: { minimumEngine, engineVersion } })
  }
  for (const feature of image.features) {
    if (contract.features.includes(feature)) continue
    const why = `it needs the feature ${feature}, which engine ${engineVersion} does not have`
    problems.push({ code: 'detect/unsupplied-feature', why, details: { feature, engineVersion } })
  }
  if (contract.fields === 'any') return problems
  const own = contract.fields.map(({ category, fields }): SensorSource => {
    return { kind: 'declared', source: { category, product: SENSOR_PRODUCT, service: null }, fields }
  })
  const host: SensorContract = { name: 'this host', sources: [...own, ...(contract.inputs ?? [])] }
  return [...problems, ...image.needs.flatMap((needs) => unsupplied(needs, host, engineVersion))]
}

/** A field has to be one that some source of those events supplies; where others don't, it is absent. */
function unsupplied(
  { logsource, fields }: FieldNeeds,
  host: SensorContract,
  engineVersion: Version,
): readonly ContractProblem[] {
  const reaching = sourcesReaching(logsource, host)
  const source = describeSource(logsource)
  if (reaching.length === 0) {
    const why = `it reads events of ${source}, which engine ${engineVersion} does not supply`
    return [{ code: 'detect/unsupplied-source', why, details: { source, engineVersion } }]
  }
  const suppliedFields = new Set(reaching.flatMap((one) => one.fields)).size
  return fields
    .filter((field) => !reaching.some((supply) => supplies(supply, field)))
    .map((field) => {
      const why = `it reads field ${field} of ${source}, which is not one of the ${suppliedFields} that engine ${engineVersion} supplies`
      const details = { source, field, suppliedFields, engineVersion }
      return { code: 'detect/unsupplied-field', why, details }
    })
}

function supplies({ fields, aliases }: ReachedSource, field: string): boolean {
  if (fields === 'any') return true
  return fields.includes(aliases.find(({ from }) => from === field)?.to ?? field)
}
