import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { errorMessage } from '@firebreak/kernel'
import { Compiler, initSync, type Rules } from '@virustotal/yara-x'
import { YaraError } from './errors.ts'

export interface YaraSource {
  /** Its path in the pack; also the namespace of its rules. */
  readonly name: string
  readonly text: string
}

/** A file of rules that was left out, and why. */
export interface YaraProblem {
  readonly file: string
  /** 1-based; 1 where the library gives no place. */
  readonly line: number
  readonly column: number
  readonly message: string
}

export interface YaraPattern {
  readonly identifier: string
  /** Of the first matches in the file, in bytes, in the order of the library. */
  readonly offsets: readonly number[]
}

export interface YaraMatch {
  readonly rule: string
  readonly namespace: string
  readonly tags: readonly string[]
  readonly patterns: readonly YaraPattern[]
}

export interface YaraScan {
  readonly matches: readonly YaraMatch[]
  /** Rules that matched beyond `matchesMax`. */
  readonly dropped: number
}

export interface ScanLimits {
  /** Wall time after which the search for patterns stops. It does not stop loops in a condition: see the README. */
  readonly timeMs: number
  /** Rules reported for one file. */
  readonly matchesMax: number
}

export interface YaraRules {
  /**
   * @param bytes - hostile
   * @throws YaraError yara/time-limit | yara/scan; a WebAssembly.RuntimeError when the library itself broke: end the process
   */
  scan(bytes: Uint8Array, limits: ScanLimits): YaraScan
}

export interface CompiledYara {
  readonly rules: YaraRules
  /** Files that compiled. */
  readonly files: number
  readonly problems: readonly YaraProblem[]
}

/** Offsets reported for one pattern. */
export const OFFSETS_MAX = 4
/** Patterns reported for one rule. */
export const PATTERNS_MAX = 32
const PROBLEM_CHARS_MAX = 512

let loaded = false

/** Reads and compiles the library: 5.9 MB, about 35 ms. Needs files, so call it before a sandbox closes. */
export function loadYara(): void {
  if (loaded) return
  const entry = import.meta.resolve('@virustotal/yara-x')
  initSync({ module: new WebAssembly.Module(readFileSync(fileURLToPath(new URL('yara_x_js_bg.wasm', entry)))) })
  loaded = true
}

/**
 * Compiles each file in a namespace of its own. A file that does not compile is left out with every problem that it has;
 * the others run: the library refuses to build anything after a failure, so that these are compiled anew without it.
 *
 * @throws YaraError yara/not-loaded
 */
export function compileYara(sources: readonly YaraSource[]): CompiledYara {
  if (!loaded) throw new YaraError('yara/not-loaded', 'Cannot compile YARA rules: loadYara was not called')
  const problems = sources.flatMap(problemsOf)
  const broken = new Set(problems.map(({ file }) => file))
  const good = sources.filter(({ name }) => !broken.has(name))
  using compiler = new Compiler()
  for (const { name, text } of good) {
    compiler.newNamespace(name)
    compiler.addSource(text)
  }
  return { rules: rulesOf(compiler.build()), files: good.length, problems }
}

function problemsOf({ name, text }: YaraSource): readonly YaraProblem[] {
  using compiler = new Compiler()
  compiler.newNamespace(name)
  try {
    compiler.addSource(text)
    return []
  } catch (error) {
    const reports = compiler.errors
    return (reports.length > 0 ? reports : [errorMessage(error)]).map((report) => parseReport(name, report))
  }
}

/** `error[E009]: unknown identifier`, `--> line:1:20`, then an excerpt with what was expected. */
function parseReport(file: string, report: string): YaraProblem {
  const [, title = report] = /^error(?:\[\w+\])?: (.*)$/m.exec(report) ?? []
  const [, line = '1', column = '1'] = /--> line:(\d+):(\d+)/.exec(report) ?? []
  const [, why = ''] = /\^+ (.+)$/m.exec(report) ?? []
  const message = (why === '' ? title : `${title}: ${why}`).slice(0, PROBLEM_CHARS_MAX)
  return { file, line: Number(line), column: Number(column), message }
}

function rulesOf(rules: Rules): YaraRules {
  return {
    scan(bytes, { timeMs, matchesMax }) {
      using scanner = rules.scanner()
      scanner.setTimeoutMs(timeMs)
      scanner.setMaxMatchesPerPattern(OFFSETS_MAX)
      const found = scan(() => scanner.scan(bytes) as ScanReport).matches.filter(({ isPrivate }) => !isPrivate)
      return { matches: found.slice(0, matchesMax).map(toMatch), dropped: Math.max(0, found.length - matchesMax) }
    },
  }
}

/** The library's answer, as its documentation has it. */
interface ScanReport {
  readonly matches: readonly {
    readonly identifier: string
    readonly namespace: string
    readonly isPrivate: boolean
    readonly tags: readonly string[]
    readonly patterns: readonly {
      readonly identifier: string
      readonly isPrivate: boolean
      readonly matches: readonly { readonly offset: number }[]
    }[]
  }[]
}

function scan(run: () => ScanReport): ScanReport {
  try {
    return run()
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) throw error
    const message = errorMessage(error)
    if (/time ?(?:d )?out/i.test(message)) {
      throw new YaraError('yara/time-limit', 'Cannot scan: over the time limit', {}, error)
    }
    throw new YaraError('yara/scan', `Cannot scan: ${message.slice(0, PROBLEM_CHARS_MAX)}`, {}, error)
  }
}

function toMatch({ identifier, namespace, tags, patterns }: ScanReport['matches'][number]): YaraMatch {
  const shown = patterns.filter((pattern) => !pattern.isPrivate && pattern.matches.length > 0).slice(0, PATTERNS_MAX)
  return {
    rule: identifier,
    namespace,
    tags,
    patterns: shown.map((pattern) => ({
      identifier: pattern.identifier,
      offsets: pattern.matches.slice(0, OFFSETS_MAX).map(({ offset }) => offset),
    })),
  }
}
