import type { SensorSource, VerifiedImage } from '@firebreak/content'
import { type ContractErrorCode, type ContractProblem, contractProblems } from '@firebreak/detect'
import { compareVersions, type Version } from '@firebreak/kernel'
import { type CheckResult, failed, type Finding, finding, inconclusive, passed, type Severity } from '../check/check.ts'
import { contractOf, type EngineBuild } from './engine-build.ts'

/** Every code that the check `contract` reports. */
export const CONTRACT_CODES = {
  'detect/unsupplied-field': {
    severity: 'error',
    reason: 'A rule reads a field that no sensor or input of this engine fills in: it would never fire there.',
  },
  'detect/unsupplied-source': {
    severity: 'error',
    reason: 'A rule reads events of a log source that no sensor or input of this engine reports.',
  },
  'detect/unsupplied-feature': {
    severity: 'error',
    reason: 'The image needs something of the engine that this version does not have: hosts would refuse it.',
  },
  'detect/engine-too-old': {
    severity: 'note',
    reason: 'The pack asks for a newer engine, so hosts with this one refuse it and keep what they run.',
  },
  'gate/no-engine-takes-it': {
    severity: 'error',
    reason: 'The pack asks for a newer engine than any that the policy names, so no host would take it.',
  },
  'gate/no-engine': {
    severity: 'error',
    reason: 'There is no engine to hold the image against.',
  },
} as const satisfies Record<
  ContractErrorCode | `gate/${string}`,
  { readonly severity: Severity; readonly reason: string }
>
export type ContractCode = keyof typeof CONTRACT_CODES

/**
 * Holds what the image declares that it needs against what each engine of the fleet supplies, without running one. The outage of July
 * 2024 was a template of 21 fields for a sensor that supplied 20.
 *
 * @param engines - those that the policy names, each once
 * @param inputs - what inputs of the release's hosts supply besides their sensors
 */
export function checkContracts(
  image: VerifiedImage,
  engines: readonly EngineBuild[],
  inputs: readonly SensorSource[],
): CheckResult {
  if (engines.length === 0) {
    const reason = 'There is no build of an engine to hold the image against.'
    return inconclusive('contract', reason, [contractFinding('gate/no-engine', reason, null)])
  }
  const findings = engines.flatMap((build) => engineFindings(image, build, inputs))
  const takers = engines.filter(({ version }) => takes(image, version))
  if (takers.length === 0) {
    const newest =
      engines
        .map(({ version }) => version)
        .toSorted(compareVersions)
        .at(-1) ?? ''
    const why = `The pack needs engine ${image.minimumEngine}, and the newest of the fleet is ${newest}.`
    findings.unshift(contractFinding('gate/no-engine-takes-it', why, 'Lower minimumEngine in pack.yaml.'))
  }
  const errors = findings.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first !== undefined) {
    const others = errors.length === 1 ? '' : `${errors.length} findings, the first: `
    return failed('contract', `${others}${first.message}`, findings)
  }
  const fields = image.needs.reduce((sum, one) => sum + one.fields.length, 0)
  const needs = `${fields} fields of ${image.needs.length} log sources and all ${image.features.length} features`
  const besides = inputs.length > 0 ? ', with the inputs that the release is for,' : ''
  const names = takers.map(({ version }) => version).join(', ')
  return passed('contract', `Engine ${names}${besides} supplies all ${needs} that the image needs.`, findings)
}

/** Whether hosts with an engine of `version` are asked to run the image at all. */
export function takes({ minimumEngine }: Pick<VerifiedImage, 'minimumEngine'>, version: Version): boolean {
  return compareVersions(minimumEngine, version) <= 0
}

function engineFindings(image: VerifiedImage, build: EngineBuild, inputs: readonly SensorSource[]): readonly Finding[] {
  const { version } = build
  if (!takes(image, version)) {
    const why = `Engine ${version} will refuse the pack, which needs ${image.minimumEngine}.`
    return [contractFinding('detect/engine-too-old', why, null)]
  }
  return contractProblems(image, contractOf(build, inputs)).map((problem) => {
    return contractFinding(problem.code, `Engine ${version} cannot load it: ${problem.why}.`, fixOf(problem))
  })
}

function fixOf({ code, details }: ContractProblem): string {
  if (code === 'detect/unsupplied-field') {
    return `Read another field than ${details['field']}, or say in pack.yaml that the pack needs a newer engine.`
  }
  return 'Say in pack.yaml that the pack needs a newer engine, or take the rules of it out.'
}

function contractFinding(code: ContractCode, message: string, fix: string | null): Finding {
  return finding(code, message, null, { severity: CONTRACT_CODES[code].severity, fix })
}
