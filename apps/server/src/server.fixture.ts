import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Beacon, Enrolled, FleetStatus, ReleaseOutcome, ReleaseSubmission, WaveEnrolment } from '@firebreak/api'
import { beaconOf } from '@firebreak/api/testing'
import { generateSigner, sha256Hex, type Signer } from '@firebreak/crypto'
import { composeReport, type GateReport, signGateReport } from '@firebreak/gate'
import { sampleFound } from '@firebreak/gate/testing'
import { utf8Encode } from '@firebreak/kernel'
import {
  gateReportTargetPath,
  parsePlan,
  type Plan,
  PLAN_TARGET_PATH,
  releaseCustom,
  type ReleaseDescription,
  releaseTargetPath,
  type RolloutPolicy,
} from '@firebreak/rollout'
import {
  findTarget,
  refresh,
  signRoot,
  signTargets,
  type TargetFile,
  targetFetchPath,
  trustRoot,
  type TrustedMetadata,
  verifyTarget,
} from '@firebreak/tuf'
import { init } from './init.ts'

const MAIN = new URL('main.ts', import.meta.url).pathname
const YEAR_MS = 31_536_000_000
export const PACK = 'linux-baseline'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  /** The last line on standard error, parsed. */
  readonly failure: { readonly code?: string; readonly message?: string }
}

/** Runs main.ts to its end. */
export async function runMain(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => (stdout += String(chunk)))
  child.stderr.on('data', (chunk) => (stderr += String(chunk)))
  const [code] = (await once(child, 'close')) as [number | null]
  const last = stderr.trim().split('\n').at(-1) ?? ''
  return { code, stdout, failure: last.startsWith('{') ? (JSON.parse(last) as Ended['failure']) : {} }
}

/** The vendor's offline side: keys and signed targets. */
export class Vendor {
  readonly approvers: readonly Signer[] = [generateSigner().signer, generateSigner().signer]
  readonly #online = { snapshot: generateSigner(), timestamp: generateSigner(), plans: generateSigner() }
  readonly root: Uint8Array
  #targets: TargetFile[] = []
  #version = 0

  constructor(nowMs: number) {
    const publicKeys = this.approvers.map(({ publicKey }) => publicKey)
    const role = (keys: readonly string[], threshold: number) => ({ keys, threshold })
    this.root = signRoot(
      {
        version: 1,
        expiresAtMs: nowMs + YEAR_MS,
        roles: {
          root: role(publicKeys, 2),
          targets: role(publicKeys, 2),
          snapshot: role([this.#online.snapshot.signer.publicKey], 1),
          timestamp: role([this.#online.timestamp.signer.publicKey], 1),
        },
      },
      this.approvers,
    )
  }

  get onlineKeys(): string {
    const { snapshot, timestamp, plans } = this.#online
    return JSON.stringify({
      snapshot: snapshot.privateKeyPem,
      timestamp: timestamp.privateKeyPem,
      plans: plans.privateKeyPem,
    })
  }

  /** The next targets metadata with `added`, signed by `signers`; remembered unless `forget`. */
  sign(added: readonly TargetFile[], signers = this.approvers, forget = false): Uint8Array {
    const targets = [...this.#targets, ...added]
    const delegation = {
      name: 'plans',
      keys: { keys: [this.#online.plans.signer.publicKey], threshold: 1 },
      paths: ['plans/*'],
    }
    const content = { version: this.#version + 1, expiresAtMs: Date.now() + YEAR_MS, targets, delegation }
    if (!forget) {
      this.#targets = targets
      this.#version++
    }
    return signTargets(content, signers)
  }

  /** What approvers sign next names nothing that they signed before. */
  forgetTargets(): void {
    this.#targets = []
  }
}

export interface ReleaseFiles {
  readonly image: TargetFile
  readonly report: TargetFile
  readonly files: ReleaseSubmission['files']
}

/** Whose reports the test servers believe. */
export const GATE: Signer = generateSigner().signer

/** Asks for no more care than the policy of the rollout. */
const RISK = { score: 0, firstWavePpmMax: 1_000_000, bakeMsMin: 0 }

/** A report that passed on `image`, but for `over`. */
export function reportOf(
  version: string,
  image: Uint8Array,
  over: Partial<Parameters<typeof composeReport>[0]> = {},
): GateReport {
  const about = {
    pack: PACK,
    version,
    minimumEngine: '0.1.0',
    imageDigest: sha256Hex(image),
    risk: { ...RISK, reasons: [] },
  }
  return composeReport({ ...sampleFound(), ...about, ...over })
}

/** A release whose image is any bytes: the server never looks into an image. */
export function releaseFiles(
  version: string,
  report?: Uint8Array,
  over: Partial<ReleaseDescription> = {},
): ReleaseFiles {
  const image = utf8Encode(`image of ${version}`)
  const reportBytes = report ?? signGateReport(reportOf(version, image), GATE)
  const custom = releaseCustom({
    pack: PACK,
    category: 'behavioural',
    version,
    minimumEngine: '0.1.0',
    gateReportDigest: sha256Hex(reportBytes),
    emergency: false,
    risk: RISK,
    ...over,
  })
  const imageTarget = targetFile(releaseTargetPath(PACK, version), image, custom)
  const reportTarget = targetFile(gateReportTargetPath(PACK, version), reportBytes, null)
  return {
    image: imageTarget,
    report: reportTarget,
    files: [
      { path: imageTarget.path, base64: Buffer.from(image).toString('base64') },
      { path: reportTarget.path, base64: Buffer.from(reportBytes).toString('base64') },
    ],
  }
}

export function targetFile(path: string, bytes: Uint8Array, custom: TargetFile['custom']): TargetFile {
  return { path, lengthBytes: bytes.length, sha256: sha256Hex(bytes), custom }
}

/** Quick waves, so that a test does not wait; a host is silent only when a test says so. */
const QUICK: Partial<RolloutPolicy> = { bakeMs: 0, provenAfterMs: 0, provenShareMin: 1_000_000 }
const HOUR_MS = 3_600_000

/** A server process on its own data folder, and what tests do with it. */
export class TestServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'firebreak-server-'))
  readonly vendor: Vendor
  /** Where its data are, also those of the server that it shares them with. */
  readonly data: string
  operatorToken = ''
  enrolToken = ''
  url = ''
  role = ''
  #child: ChildProcess | null = null
  #policy: Partial<RolloutPolicy> = QUICK

  /** @param beside - another server, whose data this one shares */
  constructor(beside?: TestServer) {
    this.vendor = beside?.vendor ?? new Vendor(Date.now())
    this.data = beside?.data ?? join(this.folder, 'data')
    this.operatorToken = beside?.operatorToken ?? ''
    this.enrolToken = beside?.enrolToken ?? ''
  }

  initArgs(): readonly string[] {
    const file = (name: string, bytes: Uint8Array | string) => {
      writeFileSync(join(this.folder, name), bytes)
      return join(this.folder, name)
    }
    return [
      'init',
      '--data',
      this.data,
      '--root',
      file('root.json', this.vendor.root),
      '--targets',
      file('targets.json', this.vendor.sign([])),
      '--online',
      file('online.json', this.vendor.onlineKeys),
      '--gate',
      file('gate.pub', `${GATE.publicKey}\n`),
    ]
  }

  /** In this process, for speed; `initArgs` is for the test of the command. */
  async init(): Promise<void> {
    const [, , data = '', , root = '', , targets = '', , online = '', , gate = ''] = this.initArgs()
    Object.assign(this, await init({ data, root, targets, online, gate }, Date.now()))
  }

  serveArgs(policy: Partial<RolloutPolicy> = {}): readonly string[] {
    this.#policy = { ...this.#policy, ...policy }
    writeFileSync(join(this.folder, 'policy.json'), JSON.stringify(this.#policy))
    return ['--data', this.data, '--policy', join(this.folder, 'policy.json'), '--tick-ms', '20']
  }

  async start(policy: Partial<RolloutPolicy> = {}, more: readonly string[] = []): Promise<void> {
    const child = spawn(process.execPath, [MAIN, ...this.serveArgs(policy), ...more], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#child = child
    const lines = createInterface({ input: child.stdout })
    const [line] = (await once(lines, 'line')) as [string]
    const { url, role } = JSON.parse(line) as { url: string; role: string }
    Object.assign(this, { url, role })
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#child
    this.#child = null
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    child.kill(signal)
    const [code] = (await once(child, 'exit')) as [number | null]
    return code
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(this.folder, { recursive: true, force: true })
  }

  call(method: string, path: string, token: string | null, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }
    const sent = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body)
    return fetch(this.url + path, { method, headers, body: sent })
  }

  async code(method: string, path: string, token: string | null, body?: unknown): Promise<[number, string]> {
    const response = await this.call(method, path, token, body)
    const answer = response.status === 204 ? {} : ((await response.json()) as { error?: { code: string } })
    return [response.status, answer.error?.code ?? '']
  }

  async enrol(ring: string): Promise<Enrolled> {
    const response = await this.call('POST', '/v1/hosts', this.enrolToken, { name: `host of ${ring}`, ring })
    assert.equal(response.status, 201)
    return (await response.json()) as Enrolled
  }

  async report(host: Enrolled, beacon: Beacon): Promise<void> {
    assert.equal((await this.call('POST', '/v1/beacons', host.token, beacon)).status, 204)
  }

  async status(): Promise<FleetStatus> {
    return (await (await this.call('GET', '/v1/status', this.operatorToken)).json()) as FleetStatus
  }

  publish(release: ReleaseFiles, targets = this.vendor.sign([release.image, release.report])): Promise<Response> {
    const submission = { targetsMetadata: Buffer.from(targets).toString('base64'), files: release.files }
    return this.call('POST', '/v1/releases', this.operatorToken, submission)
  }

  /** Reads the stream until a status for which `done` holds; the test's own time limit ends a wait in vain. */
  async until(done: (status: FleetStatus) => boolean): Promise<FleetStatus> {
    const abort = new AbortController()
    const response = await fetch(`${this.url}/v1/stream`, {
      headers: { authorization: `Bearer ${this.operatorToken}` },
      signal: abort.signal,
    })
    assert.ok(response.body)
    let text = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const lines = text.split('\n')
      text = lines.pop() ?? ''
      for (const line of lines) {
        const parsed = JSON.parse(line) as { kind: string; status: FleetStatus }
        if (parsed.kind === 'status' && done(parsed.status)) {
          await response.body.cancel().catch(() => {})
          abort.abort()
          return parsed.status
        }
      }
    }
    throw new Error('the stream ended')
  }
}

/** Of a host that reports seldom: it is silent only when a test says so. */
export function hostBeacon(sequence: number, over: Partial<Beacon> = {}): Beacon {
  return beaconOf({ sequence, events: sequence, pack: PACK, beaconIntervalMs: HOUR_MS, ...over })
}

/** Takes part in a wave, and says how it went with the release; null: it has not begun. */
export function waveBeacon(
  sequence: number,
  imageDigest: string,
  wave: number,
  outcome: ReleaseOutcome['outcome'] | null = 'confirmed',
  over: Partial<WaveEnrolment> = {},
): Beacon {
  const counted = { reboots: 0, engineRestarts: 0, detections: 0, engineCpuPpmPeak: 0, engineMemoryKiBPeak: 0 }
  const said = { imageDigest, code: '', message: '', atMs: 1, recoverMs: 0 }
  return hostBeacon(sequence, {
    enrolment: { imageDigest, wave, sinceMs: 1, ...counted, ...over },
    outcomes: outcome === null ? [] : [{ ...said, outcome }],
    running: outcome === 'confirmed' ? { pack: PACK, version: '1.0.0', imageDigest, slot: 'confirmed' } : null,
  })
}

/** Fetches as a host does: `null` when the server has no such file. */
export async function fetchFile(url: string): Promise<Uint8Array | null> {
  const response = await fetch(url)
  if (response.status === 404) return null
  assert.equal(response.status, 200, url)
  return new Uint8Array(await response.arrayBuffer())
}

/** A host's refresh, against any source of metadata files. */
export async function follow(
  start: TrustedMetadata,
  fetchMetadata: (path: string) => Promise<Uint8Array | null>,
): Promise<TrustedMetadata> {
  const steps = refresh(start, Date.now())
  let step = steps.next()
  while (step.done !== true) step = steps.next(await fetchMetadata(step.value.path))
  return step.value
}

/** The plan as a host gets it: by TUF, from nothing but the root. */
export async function planByTuf(server: TestServer): Promise<Plan> {
  const trusted = await follow(trustRoot(server.vendor.root), (path) => fetchFile(`${server.url}/tuf/metadata/${path}`))
  const target = findTarget(trusted, PLAN_TARGET_PATH)
  assert.ok(target)
  const bytes = await fetchFile(`${server.url}/tuf/targets/${targetFetchPath(target)}`)
  assert.ok(bytes)
  verifyTarget(target, bytes)
  return parsePlan(bytes)
}
