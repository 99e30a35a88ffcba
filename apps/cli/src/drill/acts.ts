import { readFile } from 'node:fs/promises'
import { loadSigner } from '@firebreak/crypto'
import { type GateReport, signGateReport } from '@firebreak/gate'
import type { HostStatus, ReleaseOutcome } from '@firebreak/api'
import type { Sha256Hex } from '@firebreak/kernel'
import type { VerdictReason } from '@firebreak/rollout'
import type { Deployment } from '../deployment.ts'
import { CliError } from '../errors.ts'
import { type GateRun, runGate } from '../gate/run.ts'
import { keystoreFiles } from '../keystore.ts'
import type { Service } from '../service.ts'
import type { ReleaseDraft } from '../approval.ts'
import type { Screen } from '../screen.ts'
import { gatePack, publish } from '../vendor.ts'
import { hostsOf, outcomeOf, runsConfirmed, verdictOn, type Watch } from '../watch.ts'
import { type DrillHost, FLEET_SIZE, hostNamed, restart, ringOf } from './fleet.ts'
import type { Markers } from './markers.ts'
import { FIELD_21, makePack } from './packs.ts'

/** How one act ended. */
export interface Act {
  readonly name: string
  /** The layer that stopped the bad thing; 'nothing' for a good release. */
  readonly stoppedBy: string
  /** Hosts out of nine that the release reached. */
  readonly exposed: number
  /** From publication to the halt; null where nothing was halted. */
  readonly haltSeconds: number | null
  /** From the fault to the next verdict; null where no host had to recover. */
  readonly recoverMs: number | null
  /** One sentence: what was seen. */
  readonly saw: string
}

/** Everything that the acts share. */
export interface Stage {
  readonly folder: string
  readonly deployment: Deployment
  readonly watch: Watch
  readonly hosts: readonly DrillHost[]
  readonly markers: Markers
  readonly onStart: (service: Service) => void
  /** Releases by version, as they are published. */
  readonly published: Map<string, { readonly digest: Sha256Hex; readonly atMs: number; readonly report: GateReport }>
  /** What the gate refused in act 2, for whoever publishes it all the same. */
  refused: GateRun | null
  readonly screen: Screen
  readonly interrupted: AbortSignal
  /** Policy of the drill's gate: everything is checked, with fewer inputs for the fuzzer. */
  readonly gatePolicy: string
}

const ACT_TIMEOUT_MS = 60_000

/** Act 1: a good release reaches everybody, ring by ring. */
export async function goodRelease(stage: Stage): Promise<Act> {
  const { watch } = stage
  const pack = await makePack(stage.folder, '1.0.0', 'good')
  const digest = await release(stage, await proved(stage, pack))
  await watch.until('all nine hosts confirming 1.0.0', ACT_TIMEOUT_MS, () => {
    return hostsOf(watch.status).filter((host) => runsConfirmed(host, digest)).length === FLEET_SIZE
  })
  const saw = 'the gate passed it, canary, early and broad confirmed it in this order'
  return { name: 'good release', stoppedBy: 'nothing', exposed: FLEET_SIZE, haltSeconds: null, recoverMs: null, saw }
}

/** Act 2: the defect of July 2024 is offered to the gate. */
export async function gateRefuses(stage: Stage): Promise<Act> {
  const pack = await makePack(stage.folder, '1.1.0', 'field-21')
  const refused = await runGate(pack, { inputs: [], policy: stage.gatePolicy }, stage.screen, stage.interrupted)
  const { report } = refused
  stage.refused = refused
  const contract = report.checks.find(({ id }) => id === 'contract')
  const named = contract?.findings.find(({ message }) => message.includes(FIELD_21))
  expect(report.verdict === 'fail' && named !== undefined, `the gate names ${FIELD_21}`)
  const saw = named?.message ?? ''
  return {
    name: 'gate refuses the 21st field',
    stoppedBy: 'gate: contract',
    exposed: 0,
    haltSeconds: 0,
    recoverMs: null,
    saw,
  }
}

/** Act 3: somebody with all the keys publishes it anyway, with a forged report. */
export async function hostsRefuse(stage: Stage): Promise<Act> {
  const digest = await release(stage, await forged(stage))
  const haltSeconds = await halted(stage, '1.1.0', 'attributable-failure')
  const canaries = await reached(stage, digest, ({ outcome }) => outcome === 'refused')
  for (const host of canaries) {
    expect(outcomeOf(host, digest)?.code === 'detect/unsupplied-field', `${host.name} refuses by contract`)
  }
  expectOnBaseline(stage)
  const exposed = expectCanariesOnly(stage, digest)
  const saw = `${hosts(canaries)} refused it before activation: ${canaries.map((host) => outcomeOf(host, digest)?.message)[0]}`
  return {
    name: 'hosts refuse it',
    stoppedBy: 'host: engine contract at load',
    exposed,
    haltSeconds,
    recoverMs: null,
    saw,
  }
}

/** Act 4: legal content that kills the engine as soon as it is active. */
export async function engineDies(stage: Stage): Promise<Act> {
  const { markers } = stage
  const firstMarker = markers.count
  const pack = await makePack(stage.folder, '1.2.0', 'kills-engine')
  const digest = await release(stage, await proved(stage, pack))
  const haltSeconds = await halted(stage, '1.2.0', 'attributable-failure')
  const canaries = await reached(stage, digest, ({ outcome, recoverMs }) => outcome === 'fell-back' && recoverMs > 0)
  expectOnBaseline(stage)
  const exposed = expectCanariesOnly(stage, digest)
  const recoverMs = Math.max(...canaries.map((host) => outcomeOf(host, digest)?.recoverMs ?? 0))
  const missed = await missedMarkers(stage, canaries, firstMarker)
  expect(missed.gapMs <= recoverMs, `no detection is missed for longer than ${recoverMs} ms (${missed.gapMs} ms was)`)
  const saw = `${hosts(canaries)} fell back alone; of ${missed.of} detections expected there meanwhile, ${missed.count} are missing`
  return {
    name: 'engine dies on activation',
    stoppedBy: 'host: fallback to last known good',
    exposed,
    haltSeconds,
    recoverMs,
    saw,
  }
}

/** Act 5: the canaries die altogether, and nobody is left to say so. */
export async function hostsFallSilent(stage: Stage): Promise<Act> {
  const { watch, hosts } = stage
  const pack = await makePack(stage.folder, '1.3.0', 'good')
  const digest = await release(stage, await proved(stage, pack))
  await watch.until('both canaries trying it', ACT_TIMEOUT_MS, () => {
    return ringOf(watch, 'canary').filter((host) => outcomeOf(host, digest)?.outcome === 'trial').length === 2
  })
  await Promise.all(hosts.filter(({ options }) => options.ring === 'canary').map(({ service }) => service.kill()))
  const haltSeconds = await halted(stage, '1.3.0', 'silence')
  const exposed = expectCanariesOnly(stage, digest)
  const saw = verdictOn(watch.status, digest, 'halt')?.explanation ?? ''
  return { name: 'hosts fall silent', stoppedBy: 'rollout: silence', exposed, haltSeconds, recoverMs: null, saw }
}

/** Act 6: the bad releases are recalled, and the dead hosts started again. */
export async function recallAndRecover(stage: Stage): Promise<Act> {
  const { watch, deployment, published, hosts } = stage
  const bad = ['1.1.0', '1.2.0', '1.3.0']
  for (const version of bad) await deployment.client.recall('linux-baseline', version, 'drill: bad release')
  const before = new Map(hosts.map(({ options: { hostName } }) => [hostName, sequenceOf(watch, hostName)]))
  const dead = hosts.filter(({ options }) => options.ring === 'canary')
  const startedAt = performance.now()
  for (const host of dead) restart(host, stage.onStart)
  const good = published.get('1.0.0')?.digest ?? ''
  await watch.until('the silent hosts coming up on last known good', ACT_TIMEOUT_MS, () =>
    dead.every(({ options: { hostName } }) => {
      const host = hostNamed(watch, hostName)
      const isNew = sequenceOf(watch, hostName) > (before.get(hostName) ?? 0)
      return host !== undefined && isNew && host.presence.kind === 'present' && runsConfirmed(host, good)
    }),
  )
  const recoverMs = Math.round(performance.now() - startedAt)
  expectOnBaseline(stage)
  const recalled = await watch.until('a plan that recalls them', ACT_TIMEOUT_MS, () => {
    const digests = watch.status?.plan?.recalled ?? []
    return bad.every((version) => digests.includes(published.get(version)?.digest ?? '')) && digests.length
  })
  const saw = `${recalled} releases recalled; the two dead hosts came up on 1.0.0, nobody repaired them`
  return { name: 'recall and recover', stoppedBy: 'recall', exposed: 0, haltSeconds: null, recoverMs, saw }
}

/**
 * The hosts on which the release has ended as `hasEnded` says, once all that it reached have left it. The halt may have spared some canaries, and
 * the recall that comes with it ended the trial of others.
 */
async function reached(
  { watch, published }: Stage,
  digest: Sha256Hex,
  hasEnded: (outcome: ReleaseOutcome) => boolean,
): Promise<readonly HostStatus[]> {
  const good = published.get('1.0.0')?.digest ?? ''
  return watch.until('every host that got it leaving it', ACT_TIMEOUT_MS, () => {
    const touched = hostsOf(watch.status).filter((host) => outcomeOf(host, digest) !== undefined)
    const left = touched.filter((host) => hasEnded(outcomeOf(host, digest) as ReleaseOutcome))
    return left.length > 0 && touched.every((host) => runsConfirmed(host, good)) && left
  })
}

function hosts(list: readonly HostStatus[]): string {
  return list.map(({ name }) => name).join(' and ')
}

function proved({ deployment, gatePolicy, screen, interrupted }: Stage, pack: string): Promise<ReleaseDraft> {
  return gatePack(pack, deployment, { inputs: [], policy: gatePolicy }, screen, interrupted)
}

/** The report of the good release, about another image: whoever has the gate's key can sign that. */
async function forged({ deployment, published, refused }: Stage): Promise<ReleaseDraft> {
  const good = published.get('1.0.0')?.report
  if (!refused?.image || !good) throw new CliError('cli/drill', 'Cannot forge: the pack does not compile')
  const { image, report } = refused
  const lie = { ...good, version: report.version, imageDigest: report.imageDigest }
  const signer = loadSigner(await readFile(keystoreFiles(deployment.keystore.folder).gateKey, 'utf8'))
  return { report: lie, image, statement: signGateReport(lie, signer), emergency: false }
}

async function release(stage: Stage, draft: ReleaseDraft): Promise<Sha256Hex> {
  const { client, keystore } = stage.deployment
  const digest = await publish(client, keystore, draft, Date.now(), () => {})
  stage.published.set(draft.report.version, { digest, atMs: Date.now(), report: draft.report })
  return digest
}

/** Seconds from publication to the halt of `version`, which must be for `reason` and in the first ring. */
async function halted({ watch, published }: Stage, version: string, reason: VerdictReason): Promise<number> {
  const { digest, atMs } = published.get(version) ?? { digest: '', atMs: 0 }
  const verdict = await watch.until(`the halt of ${version}`, ACT_TIMEOUT_MS, () =>
    verdictOn(watch.status, digest, 'halt'),
  )
  expect(verdict.reason === reason, `${version} is halted for ${reason} (it was for ${verdict.reason})`)
  expect(verdict.ring === 'canary', `${version} is halted in the first ring (it was in ${verdict.ring})`)
  return Math.round((verdict.atMs - atMs) / 100) / 10
}

/** Every host that is alive runs the good release, confirmed. */
function expectOnBaseline({ watch, published }: Stage): void {
  const good = published.get('1.0.0')?.digest ?? ''
  for (const host of hostsOf(watch.status)) expect(runsConfirmed(host, good), `${host.name} runs 1.0.0`)
}

/** @returns the hosts that the release reached: canaries, all of them, and nobody else */
function expectCanariesOnly({ watch }: Stage, digest: Sha256Hex): number {
  const reached = hostsOf(watch.status).filter((host) => outcomeOf(host, digest) !== undefined)
  for (const host of reached) expect(host.ring === 'canary', `${host.name} never sees it`)
  return reached.length
}

const DETECTIONS_TIMEOUT_MS = 10_000

/** Markers since `first` that the hosts did not report, once what was detected has had time to arrive. */
async function missedMarkers({ watch, markers }: Stage, hosts: readonly HostStatus[], first: number) {
  const last = markers.count
  const missingNow = () => hosts.map(({ host }) => markers.missing(watch.detections, host, first, last))
  await watch
    .until('all markers', DETECTIONS_TIMEOUT_MS, () => missingNow().every(({ length }) => length === 0))
    .catch(() => {}) // what is missing after all is judged by the caller
  const missing = missingNow()
  return {
    of: (last - first) * hosts.length,
    count: missing.reduce((sum, { length }) => sum + length, 0),
    gapMs: Math.max(...missing.map((numbers) => markers.longestGapMs(numbers))),
  }
}

function sequenceOf(watch: Watch, hostName: string): number {
  return hostNamed(watch, hostName)?.beacon?.sequence ?? 0
}

function expect(isSo: boolean, what: string): void {
  if (!isSo) throw new CliError('cli/drill', `Cannot end the act as described: expected that ${what}`)
}
