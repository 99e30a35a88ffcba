import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { codeFolders, entryOf } from './entries.ts'
import { failWith, runAgent } from './run.ts'

const USAGE = `firebreak agent: the processes of one host

  main.ts run --data DIR                       runs until it is told to end; JSON lines on standard output
  main.ts policy --data DIR --policy FILE [--key HEX]
                                               takes a policy of the customer's; --key pins theirs, once
  main.ts evaluate --image FILE --events FILE [--inputs JSON]
                                               loads an image in the real, confined engine and has it judge events;
                                               prints one JSON object
  main.ts yara-scan                            reads {sources, paths, limits} on standard input, scans in the real,
                                               confined YARA lane; a JSON line for each file, then one with the counts
  main.ts explain DIR [--at MS] [--json]       what this host does about the plan that it holds, why, and until when
  main.ts fsck DIR [--json]                    proves the invariants of an agent's folder, read-only; starts nothing

Exit codes: 0 ended as asked, 10 stopped by \`firebreak agent stop\`, 1 failed with one sentence, 3 fsck has findings.
`
async function runEvaluate(args: readonly string[]): Promise<void> {
  const { evaluate } = await import('./evaluate.ts') // not in the supervisor's process: it reads events
  const options = { image: { type: 'string' }, events: { type: 'string' }, inputs: { type: 'string' } } as const
  const { values } = parseArgs({ args: [...args], options, strict: true })
  const [image, events] = await Promise.all([readFile(values.image ?? ''), readFile(values.events ?? '')])
  const engineArgs = values.inputs === undefined ? [] : [values.inputs]
  const evaluation = await evaluate(image, events, entryOf('engine'), codeFolders(), engineArgs)
  process.stdout.write(`${JSON.stringify(evaluation)}\n`)
}

async function runYara(): Promise<void> {
  const { yaraScan } = await import('./yara/yara-scan.ts') // the supervisor has no business with it
  await yaraScan(entryOf('yara'), codeFolders())
}

async function runApplyPolicy(args: readonly string[]): Promise<void> {
  const { runPolicy } = await import('./apply-policy.ts') // it verifies content
  await runPolicy(args)
}

async function runExplain(args: readonly string[]): Promise<void> {
  const { runExplain: run } = await import('./explain.ts')
  await run(args)
}

async function runFsck(args: readonly string[]): Promise<void> {
  const { runFsck: run } = await import('./fsck/main.ts') // it verifies content
  await run(args)
}

const [command, ...args] = process.argv.slice(2)
if (command === 'run') await runAgent(args, entryOf('engine')).catch(failWith)
else if (command === 'policy') await runApplyPolicy(args).catch(failWith)
else if (command === 'evaluate') await runEvaluate(args).catch(failWith)
else if (command === 'explain') await runExplain(args).catch(failWith)
else if (command === 'fsck') await runFsck(args).catch(failWith)
else if (command === 'yara-scan') await runYara().catch(failWith)
else {
  process.stdout.write(USAGE)
  if (command !== undefined && command !== '--help') process.exitCode = 1
}
