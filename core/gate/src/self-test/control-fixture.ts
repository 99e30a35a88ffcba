import { compilePack, type PackSource, parsePack, type SourceNode } from '@firebreak/content'
import { Random } from '@firebreak/fuzz'
import { unreachable } from '@firebreak/kernel'
import { sampleReport } from '../report/sample-report.ts'
import { signGateReport } from '../report/statement.ts'
import { CONTROL_PACK, ROUTED_RULE } from './companions.ts'
import { type Operator, type Outcome, outcomeOf, type Subject } from './control.ts'
import { controlEvidence, THIS_ENGINE } from './control-evidence.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { CONTROL_SIGNER } from './operators/report.ts'
import { gatePipeline } from './pipeline.ts'
import { COMPLETE } from './run.ts'
import { withDocuments } from './source-edit.ts'

const PACK = parsePack(CONTROL_PACK)

/** The control pack, judged by the real gate. */
export const CONTROL: Subject<JudgedEvidence> = {
  pipeline: gatePipeline({ engines: [THIS_ENGINE], inputs: [], keys: [CONTROL_SIGNER.publicKey] }),
  source: CONTROL_PACK,
  pack: PACK,
  compiled: compilePack(parsePack(withDocuments(CONTROL_PACK, [ROUTED_RULE], []))),
  evidence: controlEvidence(PACK, compilePack(PACK)),
  report: signGateReport(sampleReport(), CONTROL_SIGNER),
}

export interface Tried {
  readonly outcome: Outcome
  /** What the operator altered, one line for each place. Images and reports are bytes, and not shown. */
  readonly altered: readonly string[]
}

/** What the real gate says of the control pack with this one fault. */
export function tried(operator: Operator<JudgedEvidence>, seed: number): Tried {
  const { pipeline, source, pack, compiled, evidence, report } = CONTROL
  const random = new Random(seed)
  switch (operator.kind) {
    case 'source': {
      const altered = operator.apply(source, random)
      const checks = pipeline.judgeSource(altered, COMPLETE)
      return { outcome: outcomeOf(checks), altered: differences('', written(source), written(altered)) }
    }
    case 'pack': {
      const altered = operator.apply(pack, random)
      return { outcome: outcomeOf(pipeline.judgePack(altered, COMPLETE)), altered: differences('', pack, altered) }
    }
    case 'image':
      return { outcome: outcomeOf(pipeline.judgeImage(operator.apply(compiled, random), COMPLETE)), altered: [] }
    case 'evidence': {
      const altered = operator.apply(evidence, random)
      const checks = pipeline.judgeEvidence(altered, COMPLETE)
      return { outcome: outcomeOf(checks), altered: differences('', evidence, altered) }
    }
    case 'report': {
      const code = pipeline.refuseReport(operator.apply(report, random), COMPLETE)
      const errors = code === null ? [] : [`report ${code}`]
      const failed = code === null ? [] : (['report'] as const)
      return { outcome: { failed, inconclusive: [], notRun: [], errors: new Set(errors) }, altered: [] }
    }
    default:
      return unreachable(operator)
  }
}

/** The documents of a pack as what is written in them, by their files. */
function written({ rules, tests, manifest, ...more }: PackSource): unknown {
  return {
    ...more,
    manifest: manifest && plain(manifest),
    rules: Object.fromEntries(rules.map(({ file, nodes }) => [file, nodes.map(plain)])),
    tests: Object.fromEntries(tests.map(({ file, node }) => [file, plain(node)])),
  }
}

function plain(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'sequence') return node.items.map(plain)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
}

const LINES_MAX = 6
const CHARS_MAX = 160

function differences(path: string, before: unknown, after: unknown): readonly string[] {
  if (before === after) return []
  if (!isTree(before) || !isTree(after) || Array.isArray(before) !== Array.isArray(after)) {
    const [was, is] = [shown(before), shown(after)]
    return was === is ? [] : [`${path}: ${was} -> ${is}`]
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const found = keys.flatMap((key) => differences(`${path}/${key}`, before[key], after[key]))
  return found.length > LINES_MAX ? [...found.slice(0, LINES_MAX - 1), `${path} in more places`] : found
}

function isTree(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)}… of ${text.length}` : text
}
