import {
  type CompiledPack,
  compilePack,
  HEADER_WORDS,
  type PackSource,
  parsePack,
  SECTIONS,
  type SourceNode,
} from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import { Random } from '@firebreak/fuzz'
import { fromBase64, unreachable, utf8Decode } from '@firebreak/kernel'
import { sampleReport } from '../report/sample-report.ts'
import { signGateReport } from '../report/statement.ts'
import { CONTROL_PACK, ROUTED_RULE } from './companions.ts'
import { type Operator, type Outcome, outcomeOf, type Subject } from './control.ts'
import { controlEvidence, THIS_ENGINE } from './control-evidence.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { sectionOf } from './image-edit.ts'
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
    case 'image': {
      const altered = operator.apply(compiled, random)
      const checks = pipeline.judgeImage(altered, COMPLETE)
      return { outcome: outcomeOf(checks), altered: differences('', shownImage(compiled), shownImage(altered)) }
    }
    case 'evidence': {
      const altered = operator.apply(evidence, random)
      const checks = pipeline.judgeEvidence(altered, COMPLETE)
      return { outcome: outcomeOf(checks), altered: differences('', evidence, altered) }
    }
    case 'report': {
      const altered = operator.apply(report, random)
      const code = pipeline.refuseReport(altered, COMPLETE)
      const errors = code === null ? [] : [`report ${code}`]
      const failed = code === null ? [] : (['report'] as const)
      return {
        outcome: { failed, inconclusive: [], notRun: [], errors: new Set(errors) },
        altered: differences('', stated(report), stated(altered)),
      }
    }
    default:
      return unreachable(operator)
  }
}

/** Sections and their words by name, so that other sections may become longer. */
function shownImage({ image, rules, manifest, digest }: CompiledPack): unknown {
  const all = image.length % 4 === 0 ? new Uint32Array(new Uint8Array(image).buffer) : new Uint32Array()
  const header = [...all.subarray(0, Math.min(all.length, HEADER_WORDS + 2 * SECTIONS.length))]
  const sections = SECTIONS.map((name) => {
    const { first, length } = all.length === 0 ? { first: 0, length: 0 } : sectionOf(all, name)
    return [name, length > all.length ? 'outside' : [...all.subarray(first, first + length)]] as const
  })
  const isItsOwn = digest === sha256Hex(image)
  return {
    bytes: image.length,
    header,
    sections: Object.fromEntries(sections),
    rules: rules.length,
    manifest,
    isItsOwn,
  }
}

/** What a signed report states, and by whom; its length where it is no envelope. */
function stated(report: Uint8Array): unknown {
  try {
    const { payload, signatures } = JSON.parse(utf8Decode(report)) as { payload: string; signatures: unknown[] }
    return { ...(JSON.parse(utf8Decode(fromBase64(payload))) as object), by: JSON.stringify(signatures).slice(0, 40) }
  } catch {
    return report.length
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

/** A place is its keys with spaces between them: with slashes it would look like a path of some machine. */
function differences(path: string, before: unknown, after: unknown): readonly string[] {
  if (before === after) return []
  if (!isTree(before) || !isTree(after) || Array.isArray(before) !== Array.isArray(after)) {
    const [was, is] = [shown(before), shown(after)]
    return was === is ? [] : [`${path}: ${was} -> ${is}`]
  }
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const found = keys.flatMap((key) => differences(path === '' ? key : `${path} ${key}`, before[key], after[key]))
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
