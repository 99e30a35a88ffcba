import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CompiledPack, PackManifest, PackSource } from '@firebreak/content'
import { ENGINE_CONTRACT, type EngineContract } from '@firebreak/detect'
import { type ExecutionResult, type GateReport, judgeGate, type PreparedGate, prepareGate } from '@firebreak/gate'
import { type FormatName, type InputKind, suppliesOf } from '@firebreak/inputs'
import type { WallMs } from '@firebreak/kernel'
import { ENTRY } from './places.ts'

export interface GateRun {
  readonly report: GateReport
  /** Null when there is no image that the verifier accepts. */
  readonly compiled: CompiledPack | null
  readonly manifest: PackManifest | null
}

/**
 * The whole gate: what can be judged here, then every rule in the real, confined engine process.
 *
 * @param formats - of inputs that the hosts of the release have: their fields may be read too
 */
export async function runGate(
  source: PackSource,
  nowMs: WallMs,
  formats: readonly FormatName[] = [],
): Promise<GateRun> {
  const inputs = formats.map((format): InputKind => ({ format, supplies: [] }))
  const contract: EngineContract = { ...ENGINE_CONTRACT, inputs: suppliesOf(inputs) }
  const prepared = prepareGate(source, contract)
  const execution = await execute(prepared, inputs)
  const report = judgeGate(prepared, execution, { engineVersion: ENGINE_CONTRACT.engineVersion, nowMs })
  return { report, compiled: prepared.compiled, manifest: prepared.manifest }
}

async function execute({ compiled, execution }: PreparedGate, inputs: readonly InputKind[]): Promise<ExecutionResult> {
  if (!compiled) return { kind: 'not-run' }
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-gate-'))
  try {
    const [image, events] = [join(folder, 'image.fbi'), join(folder, 'events.json')]
    await writeFile(image, compiled.image)
    await writeFile(events, JSON.stringify(execution.map(({ event }) => event)))
    return await askEngine(image, events, inputs)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The agent's own code starts the engine: the gate judges what hosts will run, not a copy of it. */
async function askEngine(image: string, events: string, inputs: readonly InputKind[]): Promise<ExecutionResult> {
  const args = ['evaluate', '--image', image, '--events', events, '--inputs', JSON.stringify(inputs)]
  const child = spawn(process.execPath, [ENTRY.agent, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)]
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const answer = (await stdout).trim().split('\n').at(-1) ?? ''
  if (code !== 0 || !answer.startsWith('{')) {
    return { kind: 'failed', code: 'engine/not-started', message: (await stderr).slice(-500) }
  }
  return JSON.parse(answer) as ExecutionResult
}

async function collect(stream: AsyncIterable<unknown>): Promise<string> {
  let text = ''
  for await (const chunk of stream) text += String(chunk)
  return text
}
