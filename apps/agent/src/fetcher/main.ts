import { readdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type Enrolled, FRAME, FrameDecoder } from '@firebreak/api'
import { sha256Hex } from '@firebreak/crypto'
import { openFolder, readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage, utf8Encode } from '@firebreak/kernel'
import { openPipes } from '@firebreak/linux/confined'
import { decideHost, type HostDecision, type InstallDecision, type Plan, type ReleaseRef } from '@firebreak/rollout'
import { TARGET_SIZE_BYTES_MAX } from '@firebreak/tuf'
import type { SlotImage } from '@firebreak/updater'
import { imagePath, parseAgentConfig, SEQUENCES_PER_START } from '../config.ts'
import { encodeMessage, type FetcherMessage, type HostReport, parseHostReport } from '../messages.ts'
import { ApiClient } from './api-client.ts'
import { identify } from './enrol.ts'
import { beaconDelayMs, jittered } from './pace.ts'
import { TrustStore } from './trust.ts'
import { uploadLines } from './uploads.ts'

/** The fetcher: the network side of a host. Verifies what it fetches, decides by plan, hands verified bytes to the supervisor. */
const [configText = '', folder = ''] = process.argv.slice(2)
const config = parseAgentConfig(utf8Encode(configText))
const { input, output } = openPipes()
const client = new ApiClient(config.serverUrl)
const RETRY_MS = 1_000

let report: HostReport | null = null
let identity: Enrolled | null = null
let trust: TrustStore | null = null
let beaconCount = 0
/** By kind of work: what it failed with last. */
const problems = new Map<string, string>()
/** What the last beacon said of outcomes and running image: a change is told at once. */
let lastTold = ''
let isChangeUntold = false
let wakeBeacon: () => void = () => {}

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

type Due = (wasDone: boolean) => Promise<unknown>

async function forEver(what: string, due: Due, work: () => Promise<void>): Promise<never> {
  for (;;) await due(await attempt(what, work))
}

async function sendBeacon(): Promise<void> {
  if (!identity || !report) return
  isChangeUntold = false
  const { starts, beacon } = report
  await client.beacon(identity.token, {
    ...beacon,
    sequence: starts * SEQUENCES_PER_START + ++beaconCount,
    sentAtMs: Date.now(),
    planGeneration: trust?.plan?.generation ?? 0,
  })
  if (beacon.ending !== null) tell({ kind: 'ending-told' })
}

/** After a while; sooner when the last one did not get through; at once when there is news. */
async function beaconDue(gotThrough: boolean): Promise<void> {
  if (isChangeUntold) return
  const ended = new AbortController()
  wakeBeacon = () => ended.abort()
  const delayMs = beaconDelayMs(config.beaconIntervalMs, gotThrough, Math.random())
  await delay(delayMs, null, { signal: ended.signal }).catch(() => {}) // woken
}

async function poll(): Promise<void> {
  if (!identity || !report) return
  trust ??= await TrustStore.open(folder, client)
  try {
    await trust.refresh(Date.now())
  } catch (error) {
    // What is held was verified once: its recalls are obeyed, however old it is. Nothing is installed by it.
    const held = trust.plan && decide(trust.plan, identity, report)
    if (held?.kind === 'revoke') tell({ kind: 'recall', digests: held.digests })
    throw error
  }
  if (!trust.plan) return
  tell({ kind: 'plan', generation: trust.plan.generation })
  await obey(trust, decide(trust.plan, identity, report))
}

function decide(plan: Plan, { host }: Enrolled, { slots }: HostReport): HostDecision {
  return decideHost(plan, {
    host,
    ring: config.ring,
    pack: config.pack,
    confirmed: slots.confirmed && ref(slots.confirmed),
    lastKnownGood: slots.lastKnownGood && ref(slots.lastKnownGood),
    candidate: slots.candidate?.stage === 'running' ? ref(slots.candidate.image) : null,
    starter: slots.starter && ref(slots.starter),
    isSafe: slots.safe !== null,
    rejected: slots.rejected,
  })
}

function ref(image: SlotImage): ReleaseRef {
  return { version: image.version, imageDigest: image.imageDigest }
}

async function obey(store: TrustStore, decision: HostDecision): Promise<void> {
  if (decision.kind === 'install') await install(store, decision)
  if (decision.kind === 'revoke') {
    tell({ kind: 'recall', digests: decision.digests })
    if (decision.next.kind === 'install') await install(store, decision.next)
  }
}

async function install(store: TrustStore, { release }: InstallDecision): Promise<void> {
  const path = imagePath(folder, release.imageDigest)
  for (const file of await readdir(folder)) {
    if (file.endsWith('.fbi') && !path.endsWith(file)) await removeDurable(`${folder}/${file}`)
  }
  const held = await readDurable(path, TARGET_SIZE_BYTES_MAX).catch(() => null)
  if (!held || sha256Hex(held) !== release.imageDigest) {
    await writeDurable(path, await store.image(config.pack, release))
  }
  tell({ kind: 'offer', image: { pack: config.pack, ...release } })
}

async function upload(lines: Uint8Array): Promise<void> {
  if (!identity) return
  const { token } = identity
  const result = await uploadLines(lines, (detections) => client.detections(token, detections))
  if (!result) return
  tell({ kind: 'uploaded', sequence: result.done })
  if (result.refused > 0) throw new Error(`${result.refused} lines of the spool are no detections; they are left out`)
}

function onReport(payload: Uint8Array): void {
  report = parseHostReport(payload)
  const told = JSON.stringify([
    report.beacon.running,
    report.beacon.outcomes,
    report.beacon.sensorTier,
    report.beacon.ending,
    report.beacon.notices,
  ])
  if (told === lastTold) return
  lastTold = told
  isChangeUntold = true
  wakeBeacon()
}

const decoder = new FrameDecoder()
input.on('data', (chunk: Uint8Array) => {
  for (const frame of decoder.push(chunk)) {
    if (frame.type === FRAME.MESSAGE) onReport(frame.payload)
    if (frame.type === FRAME.SPOOL) void attempt('upload', () => upload(frame.payload))
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
    await delay(jittered(RETRY_MS, Math.random()))
  }
}

await openFolder(folder)
identity = await untilIdentified()
tell({ kind: 'enrolled', host: identity.host })
void forEver('beacon', beaconDue, sendBeacon)
void forEver('poll', () => delay(jittered(config.pollIntervalMs, Math.random())), poll)
