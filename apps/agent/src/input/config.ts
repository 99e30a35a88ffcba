import { absentAs, list, literal, malformed, nullable, object, type Reader, record, text } from '@firebreak/kernel'
import type { FormatName, InputKind, PromisedSource } from '@firebreak/inputs'
import { name } from '@firebreak/rollout'

/** Where an input reads. `journal`: what the system's `journalctl` prints, of entries from the start of the agent on. */
export type InputSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'journal' }

/** One of `inputs` in agent.json. */
export interface InputConfig extends InputKind {
  /** For people, and for the file of its position. */
  readonly name: string
  readonly source: InputSource
}

/** Inputs of one agent: each is a process. */
export const INPUTS_MAX = 8
const SOURCES_MAX = 32
const FIELDS_MAX = 256
const NAME_CHARS_MAX = 256
const PATH_CHARS_MAX = 4_096

const format: Reader<FormatName> = literal('sigma-json', 'sysmon-windows', 'sysmon-linux', 'journald', 'eslogger')
const part = absentAs(null, nullable(text(NAME_CHARS_MAX)))

const promised = object<PromisedSource>({
  category: part,
  product: part,
  service: part,
  fields: list(text(NAME_CHARS_MAX), FIELDS_MAX),
})

const source: Reader<InputSource> = (value, at) => {
  const { kind } = record(value, at)
  if (kind !== 'file') return { kind: literal('stdin', 'journal')(kind, `${at}.kind`) }
  return { kind, ...object<{ path: string }>({ path: text(PATH_CHARS_MAX, /^\//) })(value, at) }
}

const anyInput = object<InputConfig>({ name, format, source, supplies: absentAs([], list(promised, SOURCES_MAX)) })

const input: Reader<InputConfig> = (value, at) => {
  const config = anyInput(value, at)
  const isOpen = config.format === 'sigma-json'
  if (isOpen !== config.supplies.length > 0) {
    const expected = isOpen ? 'the log sources and fields that the events have' : 'nothing: the format says it'
    throw malformed(`${at}.supplies`, expected, config.supplies)
  }
  return config
}

/** @throws KernelError kernel/malformed */
export const inputsReader: Reader<readonly InputConfig[]> = (value, at) => {
  const inputs = list(input, INPUTS_MAX)(value, at)
  const names = new Set(inputs.map((one) => one.name))
  if (names.size < inputs.length) throw malformed(at, 'names that differ', inputs.map((one) => one.name).join(', '))
  if (inputs.filter((one) => one.source.kind === 'stdin').length > 1) throw malformed(at, 'one that reads stdin', 'two')
  return inputs
}
