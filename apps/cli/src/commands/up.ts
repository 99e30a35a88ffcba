import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { hostname } from 'node:os'
import type { DetectionRecord, HostStatus } from '@firebreak/api'
import { compilePack, parsePack } from '@firebreak/content'
import { describeSandbox, probeSandbox } from '@firebreak/linux'
import { readPackFolder } from '@firebreak/pack-folder'
import { untilAborted } from '../act.ts'
import { deploy, type Deployment, installAgent, startAgent } from '../deployment.ts'
import { CliError } from '../errors.ts'
import { writeTrialPolicy } from '../gate/trial-policy.ts'
import { ENTRY, statePlaces } from '../places.ts'
import { paintOut, printable, type Screen } from '../screen.ts'
import { type Service, ServiceGroup } from '../service.ts'
import type { ReleaseDraft } from '../approval.ts'
import { gatePack, publish } from '../vendor.ts'
import { hostsOf, runsConfirmed, type SeenDetection, verdictOn, Watch } from '../watch.ts'

export interface UpOptions {
  readonly state: string
  readonly pack: string
  readonly port: number
  /** Of the agent. */
  readonly label: Readonly<Record<string, string>>
  readonly once: boolean
  readonly json: boolean
}

const CONFIRM_TIMEOUT_MS = 90_000
const DETECT_TIMEOUT_MS = 30_000
/** Harmless, and described by the starter rule `firebreak-self-test`. Long enough to be seen by the lowest sensor tier. */
const SELF_TEST = { command: 'sleep', argument: '0.71924' } as const
const SELF_TEST_TITLE = /firebreak.*self.?test/i

/** One machine is a small fleet: short waves, but the same rules. */
const POLICY = {
  bakeMs: 2_000,
  provenAfterMs: 2_000,
  provenShareMin: 1_000_000,
  skipEmptyRings: true,
  // A first release is as risky as it gets, and this is a trial on one machine.
  riskBakeMsMax: 2_000,
} as const

/** A release of this deployment. */
interface Release {
  readonly pack: string
  readonly version: string
  readonly imageDigest: string
}

/** The main job: server, starter pack, agent, rollout, detections. Ends its services whatever happens. */
export async function up(options: UpOptions, screen: Screen, interrupted: AbortSignal): Promise<void> {
  const services = new ServiceGroup()
  const watches: Watch[] = []
  let starting: Promise<void> = Promise.resolve()
  try {
    starting = bringUp(options, screen, services, watches, interrupted)
    await Promise.race([starting, services.failed, untilAborted(interrupted)])
    if (!options.once) await Promise.race([once(interrupted, 'abort'), services.failed])
  } finally {
    for (const watch of watches) await watch.close()
    await services.stop()
    await starting.catch(() => {}) // said already; what it was doing has ended now
    await services.stop()
  }
}

async function bringUp(
  options: UpOptions,
  screen: Screen,
  services: ServiceGroup,
  watches: Watch[],
  interrupted: AbortSignal,
): Promise<void> {
  const startedAt = performance.now()
  const { deployment, release } = await openServer(options, screen, services, interrupted)
  const watch = new Watch(deployment.client, (seen) => {
    if (!options.once) process.stdout.write(`${options.json ? JSON.stringify(seen) : describeDetection(seen)}\n`)
  })
  watches.push(watch)
  const agent = await openAgent(options, deployment, release.pack, screen, services)
  const host = await rollOut(watch, release, agent, screen)
  const detection = await firstDetection(watch, host.host, screen)
  const summary = {
    ok: true,
    release: `${release.pack} ${release.version}`,
    imageDigest: release.imageDigest,
    host: host.host,
    sensorTier: host.beacon?.sensorTier,
    sandboxTier: probeSandbox().tier,
    detections: watch.detections.filter((one) => one.host === host.host).length,
    server: deployment.operator.url,
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  }
  const confirmed = `ok: ${summary.release} is confirmed on ${host.name}; it detected "${detection.title}"`
  const console = `${paintOut('bold', 'Console:')} ${deployment.consoleUrl}`
  const hint = 'Detections follow as they come. Ctrl-C ends everything.'
  screen.result(summary, options.once ? [confirmed] : ['', console, hint, ''])
}

async function openServer(
  options: UpOptions,
  screen: Screen,
  services: ServiceGroup,
  interrupted: AbortSignal,
): Promise<{ deployment: Deployment; release: Release }> {
  screen.step('Starting the server with its embedded store')
  const deployment = await deploy({
    state: options.state,
    port: options.port,
    policy: POLICY,
    tickMs: 250,
    onStart: (server) => services.add(server),
  })
  screen.done(`listening on ${deployment.operator.url}`)
  const published = await publishedBefore(deployment, options.pack)
  if (published !== null) {
    screen.note(`${published.pack} ${published.version} is published, unchanged: it passed the gate then`)
    return { deployment, release: published }
  }
  screen.step(`Proving ${options.pack}`)
  const gateOptions = { inputs: [], policy: await writeTrialPolicy(options.state) }
  const draft = await gatePack(options.pack, deployment, gateOptions, screen, interrupted)
  const { report, image } = draft
  for (const { id, reason } of report.checks) screen.note(`${id.padEnd(10)} ${reason}`)
  screen.done(`gate passed: ${report.rules} rules, ${report.cases} events in the real engine, ${image.length} bytes`)
  return { deployment, release: await publishFirst(deployment, draft, screen) }
}

/** What this very folder was released as; null: not yet. */
async function publishedBefore({ client }: Deployment, folder: string): Promise<Release | null> {
  const pack = parsePack(await readPackFolder(folder))
  if (pack.diagnostics.length > 0) return null // the gate says what is wrong
  const { digest, manifest } = compilePack(pack)
  const { releases } = await client.status()
  const known = releases.find((one) => one.pack === manifest.name && one.version === manifest.version)
  if (known === undefined) return null
  if (known.imageDigest === digest) return { pack: manifest.name, version: manifest.version, imageDigest: digest }
  const message = `Cannot publish ${manifest.name} ${manifest.version}: other content has this version; raise it in pack.yaml`
  throw new CliError('cli/refused', message)
}

async function publishFirst(deployment: Deployment, draft: ReleaseDraft, screen: Screen): Promise<Release> {
  const { pack, version } = draft.report
  screen.step(`Signing and publishing ${pack} ${version}`)
  const tell = (line: string): void => screen.note(line)
  const imageDigest = await publish(deployment.client, deployment.keystore, draft, Date.now(), tell)
  screen.done(`two approvers signed image ${imageDigest.slice(0, 12)}… together with its gate report`)
  return { pack, version, imageDigest }
}

async function openAgent(
  options: UpOptions,
  deployment: Deployment,
  pack: string,
  screen: Screen,
  services: ServiceGroup,
): Promise<Service> {
  screen.step('Starting an agent on this machine')
  const agentOptions = {
    folder: statePlaces(options.state).agent,
    entry: ENTRY.agent,
    hostName: hostname(),
    ring: 'canary',
    labels: options.label,
    pack,
    beaconIntervalMs: 5_000,
    pollIntervalMs: 1_000,
    trialMs: 3_000,
  }
  await installAgent(agentOptions, deployment.operator, deployment.keystore.root)
  const agent = startAgent(agentOptions)
  services.add(agent)
  const sensor = await agent.line(({ event }) => event === 'sensor', CONFIRM_TIMEOUT_MS)
  const { tier, reason } = sensor as { tier?: string; reason?: string }
  screen.note(`sensor: ${tier} tier${reason ? ` (${reason})` : ''}`)
  screen.note(`sandbox: ${describeSandbox(probeSandbox())}`)
  const { host } = await agent.line(({ event }) => event === 'enrolled', CONFIRM_TIMEOUT_MS)
  screen.done(`enrolled as ${String(host)} in ring canary`)
  return agent
}

async function rollOut(watch: Watch, release: Release, agent: Service, screen: Screen): Promise<HostStatus> {
  const { pack, version, imageDigest: digest } = release
  const { host: id } = await agent.line(({ event }) => event === 'enrolled', CONFIRM_TIMEOUT_MS)
  screen.step(`Rolling ${pack} ${version} out`)
  const mine = () => hostsOf(watch.status).find(({ host }) => host === id)
  const inTrial = await watch.until('the trial', CONFIRM_TIMEOUT_MS, () => mine()?.beacon?.running)
  screen.note(`running ${inTrial.version} from slot ${inTrial.slot}`)
  const host = await watch.until('confirmation on this host', CONFIRM_TIMEOUT_MS, () => {
    const found = mine()
    return found && runsConfirmed(found, digest) ? found : null
  })
  const verdict = verdictOn(watch.status, digest, 'advance')
  if (verdict) screen.note(verdict.explanation)
  screen.done('confirmed on this host')
  return host
}

/** Runs the harmless command until its detection has come all the way round. */
async function firstDetection(watch: Watch, host: string, screen: Screen): Promise<DetectionRecord> {
  const { command, argument } = SELF_TEST
  screen.step(`Running something that a starter rule describes: ${command} ${argument}`)
  const before = watch.detections.length // the server also tells of older ones
  const selfTest = spawn(command, [argument], { stdio: 'ignore' })
  selfTest.on('error', () => {})
  const seen = await watch.until(`the detection of \`${command} ${argument}\``, DETECT_TIMEOUT_MS, () =>
    watch.detections.slice(before).find((one) => one.host === host && SELF_TEST_TITLE.test(one.detection.title)),
  )
  screen.done(`detected: ${seen.detection.title}`)
  return seen.detection
}

function describeDetection({ host, detection }: SeenDetection): string {
  const { atMs, level, title, fields } = detection
  const time = new Date(atMs).toISOString().slice(11, 23)
  const what = fields.find(({ field }) => field === 'CommandLine' || field === 'TargetFilename')?.value ?? ''
  const colour = level === 'critical' || level === 'high' ? 'red' : level === 'medium' ? 'yellow' : 'cyan'
  return `${paintOut('dim', time)} ${paintOut(colour, level.padEnd(13))} ${host}  ${title}  ${printable(what)}`
}
