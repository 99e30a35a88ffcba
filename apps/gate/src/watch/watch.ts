import { watch } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { PackSource } from '@firebreak/content'
import {
  type CheckResult,
  executionCases,
  type ExecutionTask,
  type GateRequest,
  judgeExecutions,
  judgeSource,
  type JudgedSource,
} from '@firebreak/gate'
import { utf8Decode } from '@firebreak/kernel'
import { gatherExecutions, openEngines } from '../engines/index.ts'
import { type GateInputs, readInputs } from '../run/inputs.ts'
import { type ChangedFile, takeChanges } from './changed-source.ts'

/** An editor writes a file in several steps; what comes within this is one change. */
const SETTLE_MS = 60
/** Checks that a watch does not run: they are about the release, not about one rule. */
export const NOT_WATCHED = ['replay', 'cost', 'fuzz', 'self-test'] as const

/** What came of one change. */
export interface Rejudged {
  /** Empty: everything was judged. */
  readonly files: readonly string[]
  readonly rules: number
  readonly checks: readonly CheckResult[]
  readonly milliseconds: number
}

/**
 * Judges a pack whole, and then after every change what the change touches: the rules of the changed files and those whose tests changed,
 * in the current engine. Ends with `ended`.
 */
export async function watchPack(
  request: GateRequest,
  tell: (rejudged: Rejudged) => void,
  ended: AbortSignal,
): Promise<void> {
  const given = await readInputs(request)
  const engines = await openEngines('all')
  const current = { engines: engines.engines.slice(-1), missing: [] }
  let { source } = given
  const judge = async (files: readonly string[], slice: PackSource): Promise<void> => {
    const startedAt = performance.now()
    const judged = judgeSource(slice, { engines: engines.engines.map(({ build }) => build), inputs: given.supplies })
    const checks = [...judged.checks, await executed(judged, given, current)]
    const milliseconds = Math.round(performance.now() - startedAt)
    tell({ files, rules: judged.candidate.pack.rules.length, checks, milliseconds })
  }
  await judge([], source)
  for await (const files of changesOf(request.pack, ended)) {
    const touched = takeChanges(source, await Promise.all(files.map((file) => readChanged(request.pack, file))))
    source = touched?.source ?? (await readInputs(request)).source
    await judge(touched === null ? [] : files, touched?.slice ?? source)
  }
}

async function executed(
  { candidate: { pack, compiled } }: JudgedSource,
  { policy, inputKinds }: GateInputs,
  current: Parameters<typeof gatherExecutions>[0],
): Promise<CheckResult> {
  if (compiled === null) return judgeExecutions({ tasks: [], missing: [] }, policy)
  const task: ExecutionTask = {
    name: 'tests',
    image: compiled.image,
    minimumEngine: compiled.manifest.minimumEngine,
    cases: executionCases(pack),
    corpora: [],
    ruleIds: pack.rules.map(({ id }) => id),
    correlationIds: pack.correlations.map(({ id }) => id),
  }
  return judgeExecutions(await gatherExecutions(current, [task], { inputs: inputKinds }), policy)
}

/** Files that changed together, relative to the folder. */
async function* changesOf(folder: string, ended: AbortSignal): AsyncGenerator<readonly string[]> {
  const changed = new Set<string>()
  let wake = Promise.withResolvers<void>()
  const watcher = watch(folder, { recursive: true, signal: ended }, (_, name) => {
    if (name === null || !/\.(ya?ml|csv|txt|json|hdb|hsb|yara?)$/.test(name)) return
    changed.add(name.split(sep).join('/'))
    wake.resolve()
  })
  ended.addEventListener('abort', () => wake.resolve(), { once: true })
  try {
    while (!ended.aborted) {
      await wake.promise
      if (ended.aborted) return
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      wake = Promise.withResolvers()
      const files = [...changed].toSorted()
      changed.clear()
      if (files.length > 0) yield files
    }
  } finally {
    watcher.close()
  }
}

async function readChanged(folder: string, file: string): Promise<ChangedFile> {
  try {
    return { file, text: utf8Decode(await readFile(join(folder, file))) }
  } catch {
    return { file, text: null } // gone, or not text: the whole gate says which
  }
}
