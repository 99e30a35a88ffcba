import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Enrolled } from '@firebreak/api'
import { readDurable } from '@firebreak/durable-fs'
import { errorMessage, formatUtc, object, parseJson, text, WALL_MS_MAX } from '@firebreak/kernel'
import { type Explanation, explainHost } from '@firebreak/rollout'
import { AGENT_CONFIG_SIZE_BYTES_MAX, type AgentPaths, agentPaths, parseAgentConfig } from './config.ts'
import { ApiClient } from './fetcher/api-client.ts'
import { HeldPolicy } from './fetcher/held-policy.ts'
import { hostView } from './fetcher/host-view.ts'
import { NOTHING_SEEN, SEEN_FILE, SEEN_FILE_BYTES_MAX, seenReleases, timeSeen } from './fetcher/seen-releases.ts'
import { SmallFile } from './fetcher/small-file.ts'
import { TrustStore } from './fetcher/trust.ts'
import { AgentError } from './lock.ts'
import type { AgentStatus } from './supervisor/host-report.ts'

const OPTIONS = { json: { type: 'boolean', default: false }, at: { type: 'string' } } as const
const STATUS_BYTES_MAX = 1_048_576
const IDENTITY_BYTES_MAX = 4_096
const identity = object<Enrolled>({ host: text(64), token: text(256) })

/** `explain DIR [--at MS] [--json]`: what this host does about the plan that it holds, why, and when that changes. Reads only. */
export async function runExplain(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: true })
  const [data, ...more] = positionals
  if (data === undefined || more.length > 0) {
    throw new AgentError('agent/usage', 'Cannot explain: give one folder, as in `explain /var/lib/firebreak`')
  }
  const clockMs = values.at === undefined ? Date.now() : Number(values.at)
  if (!Number.isSafeInteger(clockMs) || clockMs < 0 || clockMs > WALL_MS_MAX) {
    throw new AgentError('agent/usage', 'Cannot explain: --at is a time in milliseconds')
  }
  const { host, atMs, explanation } = await explainFolder(agentPaths(resolve(data)), clockMs)
  const { decision, decided, stance, keeps, install, lines } = explanation
  const { by, settings } = decided
  const answer = { ok: true, host, atMs, ring: by.ring, rule: by.rule, settings, stance, decision, keeps, install }
  const told = [`at ${formatUtc(atMs)}:`, ...lines.map((line) => `  ${line}`)]
  process.stdout.write(values.json ? `${JSON.stringify(answer)}\n` : `${told.join('\n')}\n`)
}

/** By what the agent holds: the same view of the host that its fetcher decides by. */
async function explainFolder(
  paths: AgentPaths,
  clockMs: number,
): Promise<{ readonly host: string; readonly atMs: number; readonly explanation: Explanation }> {
  const { fetcher } = paths
  const config = parseAgentConfig(await mustRead(paths.config, AGENT_CONFIG_SIZE_BYTES_MAX))
  const { host } = identity(parse(await mustRead(`${fetcher}/identity.json`, IDENTITY_BYTES_MAX)), 'identity.json')
  const { report } = parse(await mustRead(paths.status, STATUS_BYTES_MAX)) as unknown as AgentStatus
  const onDamaged = (error: unknown): never => {
    throw new AgentError('agent/usage', `Cannot explain: ${errorMessage(error)}`, {}, error)
  }
  const seen = await SmallFile.open({
    path: `${fetcher}/${SEEN_FILE}`,
    bytesMax: SEEN_FILE_BYTES_MAX,
    reader: seenReleases,
    empty: NOTHING_SEEN,
    onDamaged,
  })
  const { policy } = await HeldPolicy.open(fetcher, onDamaged)
  const trust = await TrustStore.open(fetcher, new ApiClient(config.serverUrl))
  if (!trust.plan) throw new AgentError('agent/usage', 'Cannot explain: this host has read no plan yet')
  const view = hostView({ host, config, report, seen: seen.value, policy, trust })
  const atMs = timeSeen(seen.value, clockMs)
  return { host, atMs, explanation: explainHost(trust.plan, view, atMs) }
}

function parse(bytes: Uint8Array): ReturnType<typeof parseJson> {
  return parseJson(bytes, STATUS_BYTES_MAX, 'the agent’s files')
}

async function mustRead(path: string, bytesMax: number): Promise<Uint8Array> {
  const bytes = await readDurable(path, bytesMax)
  if (bytes) return bytes
  throw new AgentError('agent/usage', `Cannot explain: ${path} is not there; name the folder of an agent that has run`)
}
