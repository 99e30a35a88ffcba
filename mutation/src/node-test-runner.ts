import { globSync } from 'node:fs'
import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { INSTRUMENTER_CONSTANTS, type InstrumenterContext, type StrykerOptions } from '@stryker-mutator/api/core'
import { commonTokens, declareFactoryPlugin, PluginKind } from '@stryker-mutator/api/plugin'
import {
  determineHitLimitReached,
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  type TestRunnerCapabilities,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { type CollectedTest, collected } from './collected-tests.ts'

/** Tests that need longer without a mutant are left out: what only they would catch counts as survived. */
const TEST_MS_MAX = 700
/** Cases of a property, of 100: what more cases would catch counts as survived too. */
const PROPERTY_RUNS = 20
const SHIM = new URL('./collected-tests.ts', import.meta.url).href

interface LoadedTest extends CollectedTest {
  readonly id: string
}

interface NodeTestOptions {
  readonly nodeTest: { readonly files: readonly string[] }
}

/** Runs node:test files in the worker's own process: a mutant is switched on, and only the tests that reach it run. */
class NodeTestRunner implements TestRunner {
  readonly #files: readonly string[]
  readonly #loaded = new Map<string, Promise<readonly LoadedTest[]>>()
  readonly #milliseconds = new Map<string, number>()

  constructor(options: StrykerOptions) {
    this.#files = (options as unknown as NodeTestOptions).nodeTest.files
  }

  async init(): Promise<void> {
    redirectNodeTest()
    await fewerCases()
  }

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: false }
  }

  async dryRun({ coverageAnalysis }: DryRunOptions): Promise<DryRunResult> {
    const tests: TestResult[] = []
    const context = instrumenter()
    for (const test of await this.#load(null)) {
      if (coverageAnalysis === 'perTest') context.currentTestId = test.id
      const result = await runOne(test)
      if (result.timeSpentMs <= TEST_MS_MAX || result.status === TestStatus.Failed) tests.push(result)
      else if (context.mutantCoverage) delete context.mutantCoverage.perTest[test.id]
    }
    delete context.currentTestId
    const { mutantCoverage } = context
    return { status: DryRunStatus.Complete, tests, ...(mutantCoverage && { mutantCoverage }) }
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, testFilter, hitLimit, disableBail, mutantActivation } = options
    const context = instrumenter()
    context.hitCount = 0
    if (hitLimit === undefined) delete context.hitLimit
    else context.hitLimit = hitLimit
    if (mutantActivation === 'static') context.activeMutant = activeMutant.id
    const loaded = await this.#load(testFilter ? new Set(testFilter) : null)
    context.activeMutant = activeMutant.id
    const tests: TestResult[] = []
    for (const test of this.#quickFirst(loaded)) {
      const result = await runOne(test)
      if (result.status === TestStatus.Success) this.#milliseconds.set(test.id, result.timeSpentMs)
      tests.push(result)
      if (result.status === TestStatus.Failed && !disableBail) break
    }
    delete context.activeMutant
    const timeout = determineHitLimitReached(context.hitCount, hitLimit)
    return timeout ?? toMutantRunResult({ status: DryRunStatus.Complete, tests })
  }

  #quickFirst<T extends { readonly id: string }>(tests: readonly T[]): readonly T[] {
    const cost = ({ id }: T): number => this.#milliseconds.get(id) ?? 0
    return tests.toSorted((a, b) => cost(a) - cost(b))
  }

  /** All tests, or those of the files that `wanted` names: after a time-out the worker is new, and has loaded nothing. */
  async #load(wanted: ReadonlySet<string> | null): Promise<readonly LoadedTest[]> {
    const files = this.#files.flatMap((pattern) => globSync(pattern)).toSorted(byCodeUnits)
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

async function loadFile(file: string): Promise<readonly LoadedTest[]> {
  collected.length = 0
  await import(pathToFileURL(join(process.cwd(), file)).href)
  return collected.map((one, i) => ({ ...one, id: `${file} ${i} ${one.name}` }))
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

async function runOne(test: LoadedTest): Promise<TestResult> {
  const started = performance.now()
  const base = { id: test.id, name: test.id }
  try {
    await test.run()
    return { ...base, status: TestStatus.Success, timeSpentMs: performance.now() - started }
  } catch (error) {
    const failureMessage = error instanceof Error ? error.message : String(error)
    return { ...base, status: TestStatus.Failed, failureMessage, timeSpentMs: performance.now() - started }
  }
}

function redirectNodeTest(): void {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'node:test'
        ? { url: SHIM, format: 'module-typescript', shortCircuit: true }
        : next(specifier, context),
  })
}

interface FastCheck {
  configureGlobal(parameters: { readonly numRuns: number; readonly seed: number }): void
}

/** fast-check as the tests load it: through the checkout's own packages. */
async function fewerCases(): Promise<void> {
  const path = createRequire(join(process.cwd(), 'package.json')).resolve('fast-check')
  const fastCheck = (await import(pathToFileURL(path).href)) as FastCheck
  fastCheck.configureGlobal({ numRuns: PROPERTY_RUNS, seed: 1 })
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
