import { existsSync, globSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Script } from 'node:vm'
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext, type StrykerOptions } from '@stryker-mutator/api/core'
import { commonTokens, declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  determineHitLimitReached,
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  type TestRunnerCapabilities,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { type CollectedTest, collected } from './collected-tests.ts'
import { limitCases } from './fewer-cases.ts'

/** Tests that need more CPU time without a mutant are left out: what only they would catch counts as survived. */
const TEST_MS_MAX = 400
/** Of all tests of one mutant. Those that are left after it are not run: what they would catch counts as survived too. */
const MUTANT_MS_MAX = 700
const DRY_RUN_MS_MAX = 60_000
/** Cases of a property whose test would take too long with all of them. */
const FEW_CASES = 20
/** A test that needs so many times what it needs without a mutant, and as much more, will not end. */
const ENDLESS_FACTOR = 10
const ENDLESS_MS = 400
const ENDLESS = 'Needs far more time than without the mutant'
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ['node:test', new URL('./collected-tests.ts', import.meta.url).href],
  ['node:assert/strict', new URL('./quick-assert.ts', import.meta.url).href],
  ['fast-check', new URL('./fewer-cases.ts', import.meta.url).href],
])

interface LoadedTest extends CollectedTest {
  readonly id: string
}

/** How a test ran without a mutant. */
interface Timing {
  /** CPU time. */
  readonly ms: number
  /** Of each of its properties. */
  readonly casesMax: number | null
}

interface NodeTestOptions {
  readonly nodeTest: { readonly files: readonly string[]; readonly times: string }
}

/** Runs node:test files in the worker's own process: a mutant is switched on, and only the tests that reach it run. */
class NodeTestRunner implements TestRunner {
  readonly #options: NodeTestOptions['nodeTest']
  readonly #loaded = new Map<string, Promise<readonly LoadedTest[]>>()
  #known: ReadonlyMap<string, Timing> = new Map()
  /** How many mutants of a file a test has killed. */
  readonly #kills = new Map<string, number>()
  #mutantsRun = 0
  #spoilt = false

  constructor(options: StrykerOptions) {
    this.#options = (options as unknown as NodeTestOptions).nodeTest
  }

  async init(): Promise<void> {
    redirectImports()
    this.#known = readTimings(this.#options.times)
  }

  /** Code outside functions is not mutated (`ignoreStatic`), and so nothing has to be loaded again for any mutant. */
  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: true }
  }

  async dryRun(_options: DryRunOptions): Promise<DryRunResult> {
    const tests: TestResult[] = []
    const known = new Map(this.#known)
    const context = instrumenter()
    for (const test of await this.#load(null)) {
      context.currentTestId = test.id
      const { timing, result } = await firstRun(test, known.get(test.id))
      known.set(test.id, timing)
      if (result !== null) tests.push(result)
      else if (context.mutantCoverage) delete context.mutantCoverage.perTest[test.id]
    }
    delete context.currentTestId
    this.#known = known
    writeFileSync(this.#options.times, JSON.stringify([...known]))
    const { mutantCoverage } = context
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage && { mutantCoverage }) }
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    if (this.#spoilt) throw new Error('A mutant has left something behind in this process: start another')
    const { activeMutant, testFilter, hitLimit, sandboxFileName } = options
    const file = relative(process.cwd(), sandboxFileName)
    const loaded = await this.#load(testFilter ? new Set(testFilter) : null)
    const context = instrumenter()
    context.hitCount = 0
    if (hitLimit === undefined) delete context.hitLimit
    else context.hitLimit = hitLimit
    context.activeMutant = activeMutant.id
    const tests = await this.#runUntilFailure(this.#likeliestFirst(loaded, file))
    delete context.activeMutant
    const hits = determineHitLimitReached(context.hitCount, hitLimit)
    delete context.hitLimit
    const last = tests.at(-1)
    const killer = loaded.find(({ id }) => id === last?.id && last.status === TestStatus.Failed)
    if (killer) await this.#checkKill(killer, file)
    this.#mutantsRun += 1
    if (last?.status === TestStatus.Failed && last.failureMessage === ENDLESS) {
      return { status: MutantRunStatus.Timeout, reason: ENDLESS }
    }
    return hits ?? toMutantRunResult({ status: DryRunStatus.Complete, tests })
  }

  async #runUntilFailure(tests: readonly LoadedTest[]): Promise<readonly TestResult[]> {
    const results: TestResult[] = []
    let left = MUTANT_MS_MAX
    for (const test of tests) {
      if (left <= 0) break
      const result = await this.#run(test)
      results.push(result)
      left -= result.timeSpentMs
      if (result.status === TestStatus.Failed) break
    }
    return results
  }

  #run(test: LoadedTest): Promise<TestResult> {
    const { ms = TEST_MS_MAX, casesMax = null } = this.#known.get(test.id) ?? {}
    return runOne(test, casesMax, ENDLESS_MS + ENDLESS_FACTOR * ms)
  }

  /**
   * Without the mutant the test has to pass again. Else this mutant, or one before it, has spoilt something that lives as long as the
   * process: the first mutant of a process has been killed all the same, any other is tried again in a new one.
   */
  async #checkKill(killer: LoadedTest, file: string): Promise<void> {
    const key = `${file} ${killer.id}`
    this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1)
    const { status } = await this.#run(killer)
    this.#spoilt = status === TestStatus.Failed
    if (this.#spoilt && this.#mutantsRun > 0)
      throw new Error('A mutant before has left something behind: start another process')
  }

  /** Tests that have killed mutants of the file, then those beside it; of equals the quickest. */
  #likeliestFirst(tests: readonly LoadedTest[], file: string): readonly LoadedTest[] {
    const folder = dirname(file)
    const rank = ({ id }: LoadedTest): readonly number[] => [
      -(this.#kills.get(`${file} ${id}`) ?? 0),
      id.startsWith(file.replace(/\.ts$/u, '.')) ? 0 : id.startsWith(`${folder}/`) ? 1 : 2,
      this.#known.get(id)?.ms ?? 0,
    ]
    const ranked = tests.map((test) => ({ test, rank: rank(test) }))
    return ranked.toSorted((a, b) => compare(a.rank, b.rank)).map(({ test }) => test)
  }

  /** All tests, or those of the files that `wanted` names: after a time-out the worker is new, and has loaded nothing. */
  async #load(wanted: ReadonlySet<string> | null): Promise<readonly LoadedTest[]> {
    const files = this.#options.files.flatMap((pattern) => globSync(pattern)).toSorted(byCodeUnits)
    const ids = wanted && [...wanted]
    const tests: LoadedTest[] = []
    for (const file of files.filter((one) => ids?.some((id) => id.startsWith(`${one} `)) ?? true)) {
      const loading = this.#loaded.get(file) ?? loadFile(file)
      this.#loaded.set(file, loading)
      tests.push(...(await loading))
    }
    return tests.filter(({ id }) => wanted?.has(id) ?? true)
  }
}

function readTimings(path: string): ReadonlyMap<string, Timing> {
  return new Map(existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as readonly [string, Timing][]) : [])
}

/** Once, or if that takes too long with fewer cases. Without a result it takes too long even so. */
async function firstRun(
  test: LoadedTest,
  known: Timing | undefined,
): Promise<{ readonly timing: Timing; readonly result: TestResult | null }> {
  if (known !== undefined && known.ms > TEST_MS_MAX) return { timing: known, result: null }
  const casesMax = known?.casesMax ?? null
  const result = await runOne(test, casesMax, DRY_RUN_MS_MAX)
  const ms = result.timeSpentMs
  if (ms <= TEST_MS_MAX || result.status === TestStatus.Failed) return { timing: { ms, casesMax }, result }
  const again = casesMax === null ? await runOne(test, FEW_CASES, DRY_RUN_MS_MAX) : null
  if (again === null || again.timeSpentMs > TEST_MS_MAX || again.status === TestStatus.Failed) {
    return { timing: { ms, casesMax }, result: null }
  }
  return { timing: { ms: again.timeSpentMs, casesMax: FEW_CASES }, result: again }
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((one, i) => one !== b[i])
  return (a[at] ?? 0) - (b[at] ?? 0)
}

/** CPU time of this thread, in milliseconds: on a busy machine the same work takes the same. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

async function loadFile(file: string): Promise<readonly LoadedTest[]> {
  collected.length = 0
  await import(pathToFileURL(join(process.cwd(), file)).href)
  return collected.map((one, i) => ({ ...one, id: `${file} ${i} ${one.name}` }))
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** @param msMax CPU time after which the test is ended, as far as it has not yet waited for anything */
async function runOne(test: LoadedTest, casesMax: number | null, msMax: number): Promise<TestResult> {
  limitCases(casesMax ?? Number.POSITIVE_INFINITY)
  const started = cpuMs()
  const base = { id: test.id, name: test.id }
  try {
    await startWithin(test.run, msMax)
    return { ...base, status: TestStatus.Success, timeSpentMs: cpuMs() - started }
  } catch (error) {
    const failureMessage = error instanceof Error ? error.message : String(error)
    return { ...base, status: TestStatus.Failed, failureMessage, timeSpentMs: cpuMs() - started }
  }
}

const startTest = new Script('globalThis.firebreakTest()')

/** V8 ends what does not end by itself. It goes by the clock on the wall: on a busy machine there is another, longer try. */
function startWithin(run: () => Promise<void>, msMax: number): Promise<void> {
  const all = globalThis as unknown as { firebreakTest: () => Promise<void> }
  all.firebreakTest = run
  for (let timeout = Math.ceil(2 * msMax); ; timeout *= 4) {
    const started = cpuMs()
    try {
      return startTest.runInThisContext({ timeout }) as Promise<void>
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error
      if (cpuMs() - started >= msMax) throw new Error(ENDLESS, { cause: error })
    }
  }
}

/** `node:test` and the assertions become ours, and a package of the project that of the copy with the mutants. */
function redirectImports(): void {
  const checkout = pathToFileURL(dirname(realpathSync('node_modules'))).href
  const copy = pathToFileURL(process.cwd()).href
  registerHooks({
    resolve: (specifier, context, next) => {
      const standIn = STAND_INS.get(specifier)
      if (standIn !== undefined && context.parentURL !== standIn)
        return { url: standIn, format: 'module-typescript', shortCircuit: true }
      const resolved = next(specifier, context)
      const url = resolved.url.replace(`${checkout}/core/`, `${copy}/core/`)
      return url === resolved.url ? resolved : { ...resolved, url }
    },
  })
}

function instrumenter(): InstrumenterContext {
  const all = globalThis as unknown as Record<string, InstrumenterContext>
  return (all[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {})
}

function createNodeTestRunner(options: StrykerOptions): NodeTestRunner {
  return new NodeTestRunner(options)
}
createNodeTestRunner.inject = [commonTokens.options] as const

export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, 'node-test', createNodeTestRunner)]
