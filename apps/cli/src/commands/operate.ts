import type { FleetStatus, HostStatus, ReleaseStatus } from '@firebreak/api'
import { compareVersions } from '@firebreak/kernel'
import type { Presence } from '@firebreak/rollout'
import { CliError } from '../errors.ts'
import { recordLines, rolloutLines, stanceText } from './operate-rollout.ts'
import type { OperatorClient } from '../operator-client.ts'
import { paintOut, printable, type Screen } from '../screen.ts'

const VERDICTS_SHOWN = 5

/**
 * Rings, hosts, rollouts, releases and the last verdicts.
 *
 * @param verdicts - so many are shown whole; null: the last few, a line each
 */
export async function status(client: OperatorClient, verdicts: number | null, screen: Screen): Promise<void> {
  const fleet = await client.status()
  const rollouts = fleet.rollouts.filter(({ status: phase }) => phase !== 'complete')
  screen.result({ ok: true, ...fleet }, [
    ...(fleet.controller.role === 'stand-by' ? [paintOut('yellow', 'this server stands by: another one decides')] : []),
    ...fleet.rings.flatMap(({ ring, hosts }) => [
      paintOut('bold', `${ring} (${hosts.length})`),
      ...hosts.flatMap((host) => [
        `  ${hostLine(host, fleet.serverTimeMs)}`,
        ...noticeLines(host).map((line) => `    ${line}`),
      ]),
    ]),
    ...(rollouts.length === 0 ? [] : [paintOut('bold', 'rollouts')]),
    ...rollouts.flatMap((rollout) => rolloutLines(rollout, fleet.policy).map((line) => `  ${line}`)),
    paintOut('bold', 'releases'),
    ...fleet.releases.map((release) => `  ${releaseLine(release)}`),
    paintOut('bold', `verdicts (plan generation ${fleet.plan?.generation ?? 0})`),
    ...(verdicts === null ? verdictLines(fleet) : recordLines(fleet.verdicts.slice(0, verdicts))),
  ])
}

/** @param nowMs - by the server's clock */
export function hostLine(status: HostStatus, nowMs: number): string {
  const { host, name, presence, lastSeenMs, beacon } = status
  const running = beacon?.running
  const runs = running ? `${running.pack} ${running.version} (${running.slot})` : 'runs nothing'
  const seen = lastSeenMs === null ? 'never seen' : `seen ${Math.max(0, Math.round((nowMs - lastSeenMs) / 1000))} s ago`
  const safe = beacon?.mode === 'safe' ? paintOut('yellow', '  SAFE MODE') : ''
  const stance = stanceText(status)
  const parts = [host, printable(name), runs, `sensor ${printable(beacon?.sensorTier ?? '?')}`, seen, stance]
  return parts.filter((part) => part !== '').join('  ') + safe + presenceText(presence, nowMs)
}

function presenceText(presence: Presence, nowMs: number): string {
  const since = (sinceMs: number) => `${Math.max(0, Math.round((nowMs - sinceMs) / 1000))} s`
  if (presence.kind === 'silent') return paintOut('red', `  SILENT for ${since(presence.sinceMs)}`)
  if (presence.kind !== 'stopped') return ''
  return `${paintOut('yellow', '  STOPPED')} for ${since(presence.sinceMs)}: ${printable(presence.reason)}`
}

/** What the agent noticed about itself: tampering, a stop that it refused. */
function noticeLines({ beacon }: HostStatus): readonly string[] {
  return (beacon?.notices ?? []).map(
    ({ atMs, code, message }) =>
      `${paintOut('red', 'notice')}  ${new Date(atMs).toISOString()}  ${printable(code)}  ${printable(message)}`,
  )
}

function releaseLine({ pack, version, state, imageDigest }: ReleaseStatus): string {
  const colour = state === 'halted' || state === 'recalled' ? 'red' : state === 'complete' ? 'green' : 'cyan'
  return `${pack} ${version}  ${paintOut(colour, state)}  ${imageDigest.slice(0, 12)}…`
}

function verdictLines({ verdicts }: FleetStatus): readonly string[] {
  return verdicts
    .slice(0, VERDICTS_SHOWN)
    .map(({ atMs, kind, ring, version, explanation }) =>
      [`  ${new Date(atMs).toISOString()}`, kind, version, ring, printable(explanation)].join('  '),
    )
}

/** Stops exposing what is rolling out. Hosts that have it keep it. */
export async function halt(client: OperatorClient, pack: string, reason: string, screen: Screen): Promise<void> {
  await client.halt(pack, reason)
  screen.result({ ok: true, pack, halted: true }, [`halted the rollout of ${pack}; hosts that have it keep it`])
}

/** Withdraws a release from all hosts. */
export async function recall(
  client: OperatorClient,
  pack: string,
  version: string,
  reason: string,
  screen: Screen,
): Promise<void> {
  const { releases } = await client.status()
  if (!releases.some((one) => one.pack === pack && one.version === version)) {
    const known = releases
      .filter((one) => one.pack === pack)
      .map((one) => one.version)
      .toSorted(compareVersions)
    const message = `Cannot recall ${pack} ${version}: it was never released (known: ${known.join(', ') || 'none'})`
    throw new CliError('cli/usage', message)
  }
  await client.recall(pack, version, reason)
  screen.result({ ok: true, pack, version, recalled: true }, [
    `recalled ${pack} ${version}; each host leaves it at its next poll, on its own`,
  ])
}
