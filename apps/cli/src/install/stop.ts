import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import { boolean, jsonBytes, object, parseJson, text, toBase64 } from '@firebreak/kernel'
import { STOP_REASON_CHARS_MAX, STOP_TOKEN_SIZE_BYTES_MAX } from '@firebreak/rollout'
import { CliError } from '../errors.ts'
import type { Screen } from '../screen.ts'
import { runningAgent } from './running-agent.ts'

export interface StopOptions {
  readonly data: string
  readonly token?: string
  readonly reason: string
}

const ID_BYTES = 16
const ANSWER_SIZE_BYTES_MAX = 16_384
const LOOK_INTERVAL_MS = 50
/** The agent looks once a second, and its end waits up to two seconds for the server. */
const ANSWER_WAIT_MS_MAX = 15_000

/** stop-answer.json, as the agent writes it. */
const answer = object<{ id: string; granted: boolean; code: string; message: string }>({
  id: text(32),
  granted: boolean,
  code: text(64),
  message: text(1_024),
})

/**
 * Asks the agent of a folder to end, and waits until it has. Who may: whoever may write into that folder, and, where the customer's policy
 * says so, has a stop token.
 *
 * @throws CliError cli/usage | cli/denied | cli/timeout
 */
export async function agentStop({ data, token, reason }: StopOptions, screen: Screen): Promise<void> {
  if (reason.length > STOP_REASON_CHARS_MAX) {
    throw new CliError('cli/usage', `Cannot stop: a reason has at most ${STOP_REASON_CHARS_MAX} characters`)
  }
  const [lock, request] = [`${data}/agent.lock`, `${data}/stop.json`]
  const pid = await runningAgent(lock)
  if (pid === null)
    throw new CliError('cli/usage', `Cannot stop: no agent runs on ${data}; name its folder with --data`)
  const signed = token === undefined ? null : await readDurable(token, STOP_TOKEN_SIZE_BYTES_MAX)
  if (token !== undefined && !signed) throw new CliError('cli/usage', `Cannot stop: ${token} is not there`)
  const id = randomBytes(ID_BYTES).toString('hex')
  await writeDurable(request, jsonBytes({ id, reason, token: signed && toBase64(signed) }))
  const limit = AbortSignal.timeout(ANSWER_WAIT_MS_MAX)
  while (!limit.aborted) {
    if ((await runningAgent(lock)) !== pid) {
      screen.result({ ok: true, pid, stopped: true }, [`the agent has ended (process ${pid})`])
      return
    }
    await refuseIfDenied(data, id)
    await setTimeout(LOOK_INTERVAL_MS)
  }
  if (existsSync(request)) await removeDurable(request)
  const what = `process ${pid} did not end within ${ANSWER_WAIT_MS_MAX / 1000} s`
  throw new CliError(
    'cli/timeout',
    `Cannot stop: ${what}; its status may say why (firebreak agent status --data ${data})`,
  )
}

async function refuseIfDenied(data: string, id: string): Promise<void> {
  const bytes = await readDurable(`${data}/stop-answer.json`, ANSWER_SIZE_BYTES_MAX)
  if (!bytes) return
  const said = answer(parseJson(bytes, ANSWER_SIZE_BYTES_MAX, 'stop-answer.json'), 'stop-answer.json')
  if (said.id === id && !said.granted) throw new CliError('cli/denied', said.message, { reason: said.code })
}
