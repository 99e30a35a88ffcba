import { parseArgs } from 'node:util'
import { FUZZ_TARGETS, type FuzzTarget } from '@firebreak/gate'
import { FuzzError } from '../errors.ts'

interface Common {
  readonly executions: number
  readonly seed: number
  /** Where the inputs of findings are written; null: nowhere. */
  readonly out: string | null
  readonly json: boolean
  /** A folder of inputs to begin with, and of dictionaries (*.dict); null: none. */
  readonly seeds: string | null
}

export type FuzzCommand =
  | { readonly kind: 'list'; readonly json: boolean }
  | ({ readonly kind: 'target'; readonly target: FuzzTarget; readonly pack: string | null } & Common)
  | ({
      readonly kind: 'js'
      /** Path of a module. */
      readonly module: string
      readonly exported: string
      /** Names of error classes by which it refuses. */
      readonly expected: readonly string[]
      /** It takes text, not bytes. */
      readonly text: boolean
      readonly strictIndex: boolean
    } & Common)
  | ({
      readonly kind: 'command'
      readonly command: readonly string[]
      readonly okExits: readonly number[]
      readonly timeoutMs: number
    } & Common)

export const USAGE = `Usage: firebreak fuzz                        what can be fuzzed
       firebreak fuzz TARGET                 a parser of Firebreak
       firebreak fuzz --js MODULE#EXPORT     a function of a JavaScript or TypeScript module that takes bytes
       firebreak fuzz -- COMMAND ARGS...     a program: inputs on its standard input, or in the file that stands for @@
  --executions N   how many inputs (100,000; for a program 2,000)
  --seed N         of all choices (1)
  --seeds DIR      files to begin with; *.dict: dictionaries as AFL has them
  --out DIR        write the smallest input of each finding there
  --json           one JSON object as the last line
  TARGET:  --pack DIR (a pack whose content makes the first inputs)
  --js:    --expected NAME (an error class by which it refuses; may be repeated), --text (it takes text),
           --strict-index (reading behind the end of the input is a finding)
  COMMAND: --ok-exit LIST (exit codes that are no finding: 0,1), --timeout-ms N (5,000; longer is a hang)
Exit codes: 0 nothing was found, 4 something was, 2 wrong usage, 1 a fault, 130 interrupted before anything was found.
`

const EXECUTIONS = { target: 100_000, command: 2_000 }
const TIMEOUT_MS = 5_000
const NUMBER_MAX = 2 ** 32 - 1

/** @throws FuzzError fuzz/usage */
export function readOptions(args: readonly string[]): FuzzCommand {
  const dashes = args.indexOf('--')
  const command = dashes < 0 ? [] : args.slice(dashes + 1)
  const { values, positionals } = parsed(dashes < 0 ? args : args.slice(0, dashes))
  const json = values.json ?? false
  const common = {
    executions: whole('executions', values.executions, command.length > 0 ? EXECUTIONS.command : EXECUTIONS.target),
    seed: whole('seed', values.seed, 1),
    out: values.out ?? null,
    seeds: values.seeds ?? null,
    json,
  }
  const [name, ...more] = positionals
  const kinds = [name, values.js, command[0]].filter((one) => one !== undefined)
  if (more.length > 0 || kinds.length > 1) throw usage('one of TARGET, --js and -- COMMAND')
  if (values.js !== undefined) return jsCommand(values.js, values, common)
  if (command.length > 0) {
    const okExits = (values['ok-exit'] ?? '0,1').split(',').map((one) => whole('ok-exit', one, 0))
    const timeoutMs = whole('timeout-ms', values['timeout-ms'], TIMEOUT_MS)
    return { kind: 'command', command, okExits, timeoutMs, ...common }
  }
  if (dashes >= 0) throw usage('a command behind --')
  if (name === undefined) return { kind: 'list', json }
  const target = FUZZ_TARGETS.find((one) => one === name)
  if (target === undefined) throw usage(`a target: ${FUZZ_TARGETS.join(', ')}; not ${name}`)
  return { kind: 'target', target, pack: values.pack ?? null, ...common }
}

type Values = ReturnType<typeof parsed>['values']

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const options = {
    executions: text,
    seed: text,
    seeds: text,
    out: text,
    json: flag,
    pack: text,
    js: text,
    text: flag,
    'strict-index': flag,
    'ok-exit': text,
    'timeout-ms': text,
    expected: { type: 'string', multiple: true },
  } as const
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    throw usage(error instanceof Error ? error.message : 'other arguments')
  }
}

function jsCommand(js: string, values: Values, common: Common): FuzzCommand {
  const hash = js.lastIndexOf('#')
  if (hash < 1 || hash === js.length - 1) throw usage('--js MODULE#EXPORT')
  return {
    kind: 'js',
    module: js.slice(0, hash),
    exported: js.slice(hash + 1),
    expected: values.expected ?? [],
    text: values.text ?? false,
    strictIndex: values['strict-index'] ?? false,
    ...common,
  }
}

function whole(name: string, value: string | undefined, otherwise: number): number {
  if (value === undefined) return otherwise
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN
  if (!(number <= NUMBER_MAX)) throw usage(`a whole number for --${name}`)
  return number
}

function usage(expected: string): FuzzError {
  return new FuzzError('fuzz/usage', `Cannot fuzz: expected ${expected}`)
}
