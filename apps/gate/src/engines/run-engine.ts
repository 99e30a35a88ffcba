import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { HostEvent } from '@firebreak/detect'
import type { EngineRun, ExecutionResult } from '@firebreak/gate'
import type { InputKind } from '@firebreak/inputs'
import { errorMessage, jsonBytes } from '@firebreak/kernel'
import { EVALUATION_BYTES_MAX, parseEvaluation } from './evaluation.ts'
import { inParts } from './in-parts.ts'
import type { OpenedEngine } from './open-engines.ts'
import { runNode } from './run-process.ts'

export interface RunOptions {
  /** Of the hosts of the release; builds that know none run without. */
  readonly inputs: readonly InputKind[]
}

/** Ends an `evaluate` that hangs itself: it ends what hangs within it long before. */
const PROCESS_TIMEOUT_MS = 300_000

/**
 * Has the real, confined engine of a build load `image` and judge `events`, each in a batch of its own. Never throws for what image,
 * events or engine do: that is the result.
 */
export async function runEngine(
  { build, root, sandbox }: OpenedEngine,
  image: Uint8Array,
  events: readonly HostEvent[],
  options: RunOptions,
): Promise<EngineRun> {
  const engine = { version: build.version, digest: build.digest }
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-engine-'))
  try {
    const imagePath = join(folder, 'image.fbi')
    await writeFile(imagePath, image)
    const inputs = build.takesInputs && options.inputs.length > 0 ? ['--inputs', JSON.stringify(options.inputs)] : []
    const args = [join(root, 'apps/agent/src/main.ts'), 'evaluate', '--image', imagePath, ...inputs]
    const evaluate = async (some: readonly HostEvent[]): Promise<ExecutionResult> => {
      const eventsPath = join(folder, 'events.json')
      await writeFile(eventsPath, jsonBytes(some.map(named)))
      return await runEvaluate([...args, '--events', eventsPath])
    }
    const result = build.tellsWork ? await evaluate(events) : await inParts(events, evaluate)
    return { engine, sandbox, result }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** As every version reads it: an event that says by its fields what it is has an empty category and product. */
function named(event: HostEvent): HostEvent {
  return { ...event, category: event.category ?? '', product: event.product ?? '' }
}

async function runEvaluate(args: readonly string[]): Promise<ExecutionResult> {
  const { code, timedOut, stdout, stderr } = await runNode(args, PROCESS_TIMEOUT_MS, EVALUATION_BYTES_MAX)
  if (timedOut) return { kind: 'failed', code: 'engine/no-answer', message: 'its process did not end' }
  if (code !== 0)
    return { kind: 'failed', code: 'engine/not-started', message: stderr.slice(-500) || `exit code ${code}` }
  try {
    return parseEvaluation(stdout)
  } catch (error) {
    return { kind: 'failed', code: 'engine/bad-reply', message: errorMessage(error) }
  }
}
