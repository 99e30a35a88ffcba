import { errorCode, errorMessage, FirebreakError, type Json } from '@firebreak/kernel'
import { type GateEvent, type GateRequest, parseGateRequest } from '@firebreak/gate'
import { Estimate } from './run/estimate.ts'
import { runGate } from './run/run.ts'
import { writeOutcome } from './run/write.ts'
import { watchPack } from './watch/watch.ts'

/**
 * The gate's process: a request as JSON on standard input, a line of JSON for each GateEvent on standard output. It ends when it has given its
 * result, or with whoever started it. Ending without a result is a crash, which is no pass.
 */
const ended = new AbortController()
process.on('SIGTERM', endWithAll)
process.stdin.on('end', endWithAll) // whoever started it is gone
process.stdout.on('error', () => process.exit(1)) // nobody is there to be told

try {
  const request = parseGateRequest(await readRequest())
  if (request.mode === 'watch') await watch(request)
  else await judge(request)
} catch (error) {
  // What was given can't be judged: one sentence. A bug of ours ends the process without a result.
  const isOurs = error instanceof FirebreakError && error.code !== 'kernel/bug'
  if (!isOurs && !isSystemError(error)) throw error
  say({ event: 'result', result: { code: errorCode(error), message: errorMessage(error) } })
}
process.stdin.destroy()

/** Engines and fuzzers too: they are of its process group, if it was given one. */
function endWithAll(): void {
  try {
    process.kill(-process.pid, 'SIGKILL')
  } catch {
    process.exit(143)
  }
}

async function judge(request: GateRequest): Promise<void> {
  const estimate = new Estimate(performance.now())
  const outcome = await runGate(request, Date.now(), {
    step: (name) => say({ event: 'step', name }),
    progress(part, share) {
      estimate.set(part, share)
      const leftSeconds = estimate.leftSeconds(performance.now())
      say({ event: 'progress', doneShare: estimate.doneShare, leftSeconds, what: part })
    },
  })
  await writeOutcome(request.files, outcome, request)
  say({ event: 'result', result: { verdict: outcome.report.verdict } })
}

async function watch(request: GateRequest): Promise<void> {
  await watchPack(request, (judged) => say({ event: 'judged', judged: judged as unknown as Json }), ended.signal)
  say({ event: 'result', result: {} })
}

/** Its first line: a watch goes on until standard input ends. */
async function readRequest(): Promise<Uint8Array> {
  let text = Buffer.alloc(0)
  for await (const chunk of process.stdin.iterator({ destroyOnReturn: false })) {
    text = Buffer.concat([text, chunk as Uint8Array])
    if (text.includes('\n')) break
  }
  process.stdin.resume() // its end is watched
  return text
}

function say(event: GateEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
