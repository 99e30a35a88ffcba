import { setTimeout as delay } from 'node:timers/promises'
import {
  beaconDelayMs,
  type Enrolled,
  FRAME,
  FrameDecoder,
  jitteredMs,
  NO_STANCE,
  probationDelayMs,
  retryDelayMs,
} from '@firebreak/api'
import { openFolder } from '@firebreak/durable-fs'
import { errorCode, errorMessage, utf8Encode } from '@firebreak/kernel'
import { openPipes } from '@firebreak/linux/confined'
import { parseAgentConfig, SEQUENCES_PER_START } from '../config.ts'
import {
  encodeMessage,
  type FetcherMessage,
  type HostReport,
  parseHostReport,
  parsePolicyFiles,
  type PolicyFiles,
} from '../messages.ts'
import { ApiClient, FetcherError } from './api-client.ts'
import { BeaconLoop } from './beacon-loop.ts'
import { identify } from './enrol.ts'
import { Follower } from './follower.ts'
import { HeldPolicy } from './held-policy.ts'
import { PLATFORM } from './host-view.ts'
import { Participation } from './participation.ts'
import { NOTHING_SEEN, SEEN_FILE, SEEN_FILE_BYTES_MAX, seenReleases, type SeenReleases } from './seen-releases.ts'
import { SmallFile } from './small-file.ts'
import { TrustStore } from './trust.ts'
import { uploadLines } from './uploads.ts'

/** The fetcher: the network side of a host. Verifies what it fetches, decides by plan and policy, hands verified bytes to the supervisor. */
const [configText = '', folder = ''] = process.argv.slice(2)
const config = parseAgentConfig(utf8Encode(configText))
const { input, output } = openPipes()
const client = new ApiClient(config.serverUrl)
const RETRY_MS = 1_000

let report: HostReport | null = null
let identity: Enrolled | null = null
let trust: TrustStore | null = null
let follower: Follower | null = null
let beaconCount = 0
/** As the last beacon stated it. */
let statedIntervalMs = config.beaconIntervalMs
let pollFailures = 0
let uploadFailures = 0
let uploadNotBeforeMs = 0
/** By kind of work: what it failed with last. */
const problems = new Map<string, string>()
/** What the last beacon said of outcomes, running image and policy: a change is told at once. */
let lastTold = ''

function tell(message: FetcherMessage): void {
  output.write(encodeMessage(message))
}

/** One line for each new kind of problem, not one for each retry. */
function complain(what: string, error: unknown): void {
  const code = errorCode(error)
  if (problems.get(what) === code) return
  problems.set(what, code)
  process.stderr.write(`${JSON.stringify({ event: 'fetcher', what, code, message: errorMessage(error) })}\n`)
}

/** @returns whether it was done */
async function attempt(what: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    problems.delete(what)
    return true
  } catch (error) {
    complain(what, error)
    return false
  }
}

await openFolder(folder)
const policy = await HeldPolicy.open(folder, (error) => complain('policy', error))
const participation = await Participation.open(folder, (error) => complain('wave', error))
const seen = await SmallFile.open<SeenReleases>({
  path: `${folder}/${SEEN_FILE}`,
  bytesMax: SEEN_FILE_BYTES_MAX,
  reader: seenReleases,
  empty: NOTHING_SEEN,
  onDamaged: (error) => complain('seen', error),
})

async function sendBeacon(): Promise<void> {
  if (!identity || !report) return
  const { starts, beacon } = report
  const health = participation.health(config.beaconIntervalMs)
  statedIntervalMs = health.beaconIntervalMs
  await attempt('wave', () => participation.keep())
  beaconCount = Math.max(beaconCount, report.beacons) + 1
  tell({ kind: 'beacons', count: beaconCount })
  await client.beacon(identity.token, {
    ...beacon,
    ...health,
    sequence: starts * SEQUENCES_PER_START + beaconCount,
    sentAtMs: Date.now(),
    planGeneration: trust?.plan?.generation ?? 0,
    pack: config.pack,
    platform: PLATFORM,
    customer: follower?.stance(report) ?? NO_STANCE,
  })
  await attempt('wave', () => participation.acknowledged(health.enrolment))
  if (beacon.ending !== null) tell({ kind: 'ending-told' })
}

const beacons = new BeaconLoop({
  send: () => attempt('beacon', sendBeacon),
  delayMs(failures) {
    if (failures === 0 && participation.isOnProbation) return probationDelayMs(statedIntervalMs, Math.random())
    // Who waits to be heard is not at risk yet, and does not ask more often than usual.
    const intervalMs = participation.isEnrolling ? config.beaconIntervalMs : statedIntervalMs
    return beaconDelayMs({ intervalMs, failures }, pollFailures > 0, Math.random())
  },
})

function followerOf(host: string, store: TrustStore): Follower {
  const sendBeacon = () => beacons.now()
  return new Follower({ folder, config, host, trust: store, policy, seen, participation, sendBeacon, tell })
}

async function poll(): Promise<void> {
  if (!identity || !report) return
  trust ??= await TrustStore.open(folder, client)
  follower ??= followerOf(identity.host, trust)
  try {
    await trust.refresh(Date.now())
  } catch (error) {
    follower.obeyHeldRecalls(report)
    throw error
  }
  if (!trust.plan) return
  tell({ kind: 'plan', generation: trust.plan.generation })
  await follower.follow(trust.plan, report)
}

/** A host that the server does not know by name (yet, or because its identity is damaged) leaves what is recalled all the same. */
async function obeyUnidentified(): Promise<void> {
  if (!report) return
  trust ??= await TrustStore.open(folder, client)
  followerOf('', trust).obeyHeldRecalls(report)
}

async function pollForEver(): Promise<never> {
  for (;;) {
    pollFailures = (await attempt('poll', poll)) ? 0 : pollFailures + 1
    await delay(retryDelayMs({ intervalMs: config.pollIntervalMs, failures: pollFailures }, Math.random()))
  }
}

/** The supervisor offers the same lines again and again; a server that is away is not asked each time. */
async function upload(lines: Uint8Array): Promise<void> {
  if (!identity || performance.now() < uploadNotBeforeMs) return
  const { token } = identity
  const isDone = await attempt('upload', async () => {
    const result = await uploadLines(lines, (detections) => client.detections(token, detections))
    if (!result) return
    tell({ kind: 'uploaded', sequence: result.done })
    if (result.refused > 0) complain('refused lines', new Error(`${result.refused} lines of the spool are no detections; they are left out`)) // prettier-ignore
  })
  uploadFailures = isDone ? 0 : uploadFailures + 1
  const pace = { intervalMs: config.beaconIntervalMs, failures: uploadFailures }
  uploadNotBeforeMs = isDone ? 0 : performance.now() + retryDelayMs(pace, Math.random())
}

function onReport(payload: Uint8Array): void {
  report = parseHostReport(payload)
  participation.see(report)
  tellNews(report)
}

function tellNews({ beacon }: HostReport): void {
  const told = JSON.stringify([
    beacon.running,
    beacon.outcomes,
    beacon.sensorTier,
    beacon.ending,
    beacon.notices,
    policy.fault,
    policy.policy?.generation,
  ])
  if (told === lastTold) return
  lastTold = told
  beacons.soon()
}

async function onPolicyFiles(files: PolicyFiles): Promise<void> {
  await attempt('policy', async () => {
    await policy.look(files, Date.now())
    if (policy.fault === '') return
    const message = `Cannot take the customer's policy (${policy.fault}): the one before stays in force`
    throw new FetcherError('fetcher/policy', message)
  })
  if (!report) return
  tellNews(report)
  follower?.tellStanding(report)
}

let lastLook: Promise<void> = Promise.resolve()
const decoder = new FrameDecoder()
input.on('data', (chunk: Uint8Array) => {
  for (const frame of decoder.push(chunk)) {
    if (frame.type === FRAME.MESSAGE) onReport(frame.payload)
    if (frame.type === FRAME.SPOOL) void upload(frame.payload)
    if (frame.type === FRAME.POLICY) {
      const files = parsePolicyFiles(frame.payload)
      lastLook = lastLook.then(() => onPolicyFiles(files))
    }
  }
})
input.on('end', () => process.exit(0))

/** Until it is known who this host is: nothing else can begin. */
async function untilIdentified(): Promise<Enrolled> {
  for (;;) {
    let found: Enrolled | null = null
    await attempt('enrol', async () => {
      found = await identify(folder, config, client)
    })
    if (found) return found
    await attempt('poll', obeyUnidentified)
    await delay(jitteredMs(RETRY_MS, Math.random()))
  }
}

identity = await untilIdentified()
tell({ kind: 'enrolled', host: identity.host })
void beacons.run()
void pollForEver()
