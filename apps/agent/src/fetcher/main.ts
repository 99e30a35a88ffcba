import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { type DetectionRecord, type Enrolled, FRAME, FrameDecoder } from '@firebreak/api'
import { openFolder, readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import { jsonBytes, errorCode, errorMessage, object, parseJson, text } from '@firebreak/kernel'
import { openPipes } from '@firebreak/linux/confined'
import { decideHost, type HostDecision, type InstallDecision, type ReleaseRef } from '@firebreak/rollout'
import type { SlotImage } from '@firebreak/updater'
import { imagePath, parseAgentConfig } from '../config.ts'
import { encodeMessage, type FetcherMessage, type HostReport, parseHostReport } from '../messages.ts'
import { ApiClient, FetcherError } from './api-client.ts'
import { TrustStore } from './trust.ts'

/** The fetcher: the network side of a host. Verifies what it fetches, decides by plan, hands verified bytes to the supervisor. */
const [configText = '', folder = ''] = process.argv.slice(2)
const config = parseAgentConfig(new TextEncoder().encode(configText))
const { input, output } = openPipes()
const client = new ApiClient(config.serverUrl)
const SEQUENCES_PER_START = 1_000_000_000
const RETRY_MS = 1_000

let report: HostReport | null = null
let identity: Enrolled | null = null
let trust: TrustStore | null = null
let beaconCount = 0
let reportedProblem = ''
/** What the last beacon said of outcomes and running image: a change is told at once. */
let lastTold = ''
let wakeBeacon: () => void = () => {}

function tell(message: FetcherMessage): void {
  output.write(encodeMessage(message))
}

/** One line for each new kind of problem, not one for each retry. */
function complain(what: string, error: unknown): void {
  const problem = `${what} ${errorCode(error)}`
  if (problem === reportedProblem) return
  reportedProblem = problem
  process.stderr.write(
    `${JSON.stringify({ event: 'fetcher', what, code: errorCode(error), message: errorMessage(error) })}\n`,
  )
}

async function forEver(what: string, intervalMs: () => Promise<unknown>, work: () => Promise<void>): Promise<never> {
  for (;;) {
    try {
      await work()
      reportedProblem = ''
    } catch (error) {
      complain(what, error)
    }
    await intervalMs()
  }
}

/** Between 80 % and 120 %: hosts that start together don't stay together. */
function jittered(ms: number): number {
  return ms * (0.8 + Math.random() * 0.4)
}

const enrolledReader = object<Enrolled>({ host: text(64), token: text(256) })

async function enrol(): Promise<Enrolled> {
  const path = `${folder}/identity.json`
  const saved = await readDurable(path, 4_096)
  if (saved) return enrolledReader(parseJson(saved, 4_096, 'identity.json'), 'identity.json')
  const enrolToken = await readFile(`${folder}/enrol-token`, 'utf8').catch(() => {
    throw new FetcherError('fetcher/identity', `Cannot enrol: ${folder}/enrol-token is missing`)
  })
  const fresh = await client.enrol(enrolToken.trim(), { name: config.hostName, ring: config.ring })
  await writeDurable(path, jsonBytes({ host: fresh.host, token: fresh.token }))
  await removeDurable(`${folder}/enrol-token`)
  return fresh
}

async function sendBeacon(): Promise<void> {
  if (!identity || !report) return
  const { starts, beacon } = report
  await client.beacon(identity.token, {
    ...beacon,
    sequence: starts * SEQUENCES_PER_START + ++beaconCount,
    sentAtMs: Date.now(),
    planGeneration: trust?.plan?.generation ?? 0,
  })
}

async function poll(): Promise<void> {
  if (!identity || !report) return
  trust ??= await TrustStore.open(folder, client)
  await trust.refresh(Date.now())
  const { plan } = trust
  if (!plan) return
  tell({ kind: 'plan', generation: plan.generation })
  const { slots } = report
  await obey(
    decideHost(plan, {
      host: identity.host,
      ring: config.ring,
      pack: config.pack,
      confirmed: slots.confirmed && ref(slots.confirmed),
      lastKnownGood: slots.lastKnownGood && ref(slots.lastKnownGood),
      candidate: slots.candidate?.stage === 'running' ? ref(slots.candidate.image) : null,
      rejected: slots.rejected,
    }),
  )
}

function ref(image: SlotImage): ReleaseRef {
  return { version: image.version, imageDigest: image.imageDigest }
}

async function obey(decision: HostDecision): Promise<void> {
  if (decision.kind === 'install') await install(decision)
  if (decision.kind === 'revoke') {
    tell({ kind: 'recall', digests: decision.digests })
    if (decision.next.kind === 'install') await install(decision.next)
  }
}

async function install({ release }: InstallDecision): Promise<void> {
  const path = imagePath(folder, release.imageDigest)
  for (const file of await readdir(folder)) {
    if (file.endsWith('.fbi') && !path.endsWith(file)) await removeDurable(`${folder}/${file}`)
  }
  if (!(await readDurable(path, 64 * 1024 * 1024))) {
    await writeDurable(path, (await trust?.image(config.pack, release)) ?? new Uint8Array(0))
  }
  tell({ kind: 'offer', image: { pack: config.pack, ...release } })
}

/** Lines `SEQUENCE DETECTION`, as an engine wrote them: text to pass on. The server reads them as hostile. */
async function upload(lines: Uint8Array): Promise<void> {
  if (!identity) return
  const detections = new TextDecoder()
    .decode(lines)
    .split('\n')
    .filter((line) => line !== '')
    .map(toRecord)
  const last = detections.at(-1)
  if (!last) return
  await client.detections(identity.token, detections)
  tell({ kind: 'uploaded', sequence: last.sequence })
}

function toRecord(line: string): DetectionRecord {
  const space = line.indexOf(' ')
  const { timeMs, ...detection } = JSON.parse(line.slice(space + 1)) as Omit<DetectionRecord, 'sequence' | 'atMs'> & {
    timeMs: number
  }
  return { ...detection, sequence: Number(line.slice(0, space)), atMs: timeMs }
}

function onReport(payload: Uint8Array): void {
  report = parseHostReport(payload)
  const told = JSON.stringify([report.beacon.running, report.beacon.outcomes, report.beacon.sensorTier])
  if (told !== lastTold) wakeBeacon()
  lastTold = told
}

const decoder = new FrameDecoder()
input.on('data', (chunk: Uint8Array) => {
  for (const frame of decoder.push(chunk)) {
    if (frame.type === FRAME.MESSAGE) onReport(frame.payload)
    if (frame.type === FRAME.SPOOL) upload(frame.payload).catch((error: unknown) => complain('upload', error))
  }
})
input.on('end', () => process.exit(0))

await openFolder(folder)
while (!identity) {
  try {
    identity = await enrol()
  } catch (error) {
    complain('enrol', error)
    await delay(jittered(RETRY_MS))
  }
}
tell({ kind: 'enrolled', host: identity.host })
const beaconDue = () =>
  Promise.race([
    delay(jittered(config.beaconIntervalMs)),
    new Promise<void>((wake) => {
      wakeBeacon = wake
    }),
  ])
void forEver('beacon', beaconDue, sendBeacon)
void forEver('poll', () => delay(jittered(config.pollIntervalMs)), poll)
