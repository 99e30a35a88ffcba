import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { Beacon, DetectionRecord } from '@firebreak/api'
import { generateSigner, sha256Hex } from '@firebreak/crypto'
import { PPM_ALL } from '@firebreak/kernel'
import {
  type Arm,
  encodePlan,
  type PackPlan,
  type Plan,
  PLAN_TARGET_PATH,
  releaseCustom,
  type ReleaseRef,
  releaseTargetPath,
} from '@firebreak/rollout'
import { signRoot, signSnapshot, signTargets, signTimestamp, type TargetFile, targetFetchPath } from '@firebreak/tuf'
import { PACK, type TestImage } from './images.ts'

const YEAR_MS = 31_536_000_000
const WAIT_MS_MAX = 60_000

/** May answer in the server's place: true when it has. */
export type Lie = (path: string, response: ServerResponse) => boolean

/** A vendor and its server in one: real signatures over a real, if small, repository, on loopback. It can be told to lie. */
export class Vendor {
  readonly #keys = {
    approvers: [generateSigner().signer, generateSigner().signer],
    snapshot: generateSigner().signer,
    timestamp: generateSigner().signer,
    plans: generateSigner().signer,
  }
  readonly root: Uint8Array
  readonly #files = new Map<string, Uint8Array>()
  readonly #server: Server
  #targets: TargetFile[] = []
  #versions = { targets: 0, plans: 0, snapshot: 0, timestamp: 0 }
  #generation = 0
  #port = 0
  lie: Lie = () => false
  readonly beacons: Beacon[] = []
  readonly detections: DetectionRecord[] = []
  /** Paths asked for, in order. */
  readonly asked: string[] = []
  readonly #waiting = new Set<() => void>()

  constructor() {
    const { approvers, snapshot, timestamp } = this.#keys
    const many = { keys: approvers.map(({ publicKey }) => publicKey), threshold: 2 }
    const one = (key: string) => ({ keys: [key], threshold: 1 })
    const roles = { root: many, targets: many, snapshot: one(snapshot.publicKey), timestamp: one(timestamp.publicKey) }
    this.root = signRoot({ version: 1, expiresAtMs: Date.now() + YEAR_MS, roles }, approvers)
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  async listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  /** Refuses connections until `listen`. */
  async close(): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  /** Approvers sign `image`; without a gate report's digest when `custom` says so. */
  approve(image: TestImage, custom?: TargetFile['custom']): void {
    const description = {
      pack: PACK,
      category: 'behavioural',
      version: image.slot.version,
      minimumEngine: '1.0.0',
      gateReportDigest: 'c'.repeat(64),
      emergency: false,
    }
    const target = {
      path: releaseTargetPath(PACK, image.slot.version),
      lengthBytes: image.bytes.length,
      sha256: image.digest,
      custom: custom === undefined ? releaseCustom(description) : custom,
    }
    this.#targets.push(target)
    this.#files.set(`/tuf/targets/${targetFetchPath(target)}`, image.bytes)
  }

  /** The next plan: `image` for everybody, what is recalled for nobody. */
  plan(
    image: TestImage | null,
    recalled: readonly TestImage[] = [],
    generation = this.#generation + 1,
    rollout: { readonly image: TestImage; readonly exposure: PackPlan['exposure'] } | null = null,
  ): void {
    const ref = (one: TestImage): ReleaseRef => ({ version: one.slot.version, imageDigest: one.digest })
    const pack: PackPlan = {
      pack: PACK,
      category: 'behavioural',
      baseline: image && ref(image),
      candidate: rollout && ref(rollout.image),
      exposure: rollout?.exposure ?? [],
      candidateSinceMs: rollout ? 1 : 0,
      baselineSinceMs: image ? Date.now() : 0, // long ago, hosts would take turns
      earlier: [],
      evidence: [],
    }
    this.#generation = generation
    this.#publish({ generation, issuedAtMs: 1, packs: [pack], recalled: recalled.map(({ digest }) => digest) })
  }

  /** The next plan: `image` goes to everybody of ring canary, in a wave of its own that has the whole ring in this arm. */
  roll(image: TestImage, baseline: TestImage | null, wave: number, arm: Arm = 'exposed'): void {
    const [none, all] = [
      { fromPpm: 0, toPpm: 0 },
      { fromPpm: 0, toPpm: PPM_ALL },
    ]
    const arms = arm === 'exposed' ? { wave, exposed: all, control: none } : { wave, exposed: none, control: all }
    const exposure = [{ ring: 'canary', ppm: arm === 'exposed' ? PPM_ALL : 0, arms }]
    this.plan(baseline, [], this.#generation + 1, { image, exposure })
  }

  /** Resolves when `isSo`, looking again at each request; rejects when it is never so, as with an agent that has ended. */
  async until(isSo: () => boolean): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake()
    }, WAIT_MS_MAX)
    while (!isSo()) {
      if (late) throw new Error(`waiting for ${isSo.toString()}; it was asked for ${this.asked.slice(-20).join(' ')}`)
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
      })
    }
    clearTimeout(timer)
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }

  #publish(plan: Plan): void {
    const expiresAtMs = Date.now() + YEAR_MS
    const bytes = encodePlan(plan)
    const target = { path: PLAN_TARGET_PATH, lengthBytes: bytes.length, sha256: sha256Hex(bytes), custom: null }
    this.#files.set(`/tuf/targets/${targetFetchPath(target)}`, bytes)
    const { approvers, snapshot, timestamp, plans } = this.#keys
    const versions = this.#versions
    for (const role of Object.keys(versions) as (keyof typeof versions)[]) versions[role]++
    const delegation = { name: 'plans', keys: { keys: [plans.publicKey], threshold: 1 }, paths: ['plans/*'] }
    const head = (role: keyof typeof versions) => ({ version: versions[role], expiresAtMs })
    this.#put(`${versions.targets}.targets.json`, signTargets({ ...head('targets'), targets: this.#targets, delegation }, approvers)) // prettier-ignore
    this.#put(`${versions.plans}.plans.json`, signTargets({ ...head('plans'), targets: [target], delegation: null }, [plans])) // prettier-ignore
    const named = new Map([
      ['targets.json', versions.targets],
      ['plans.json', versions.plans],
    ])
    const signed = signSnapshot({ ...head('snapshot'), versions: named }, [snapshot])
    this.#put(`${versions.snapshot}.snapshot.json`, signed)
    const link = { version: versions.snapshot, lengthBytes: signed.length, sha256: sha256Hex(signed) }
    this.#put('timestamp.json', signTimestamp({ ...head('timestamp'), snapshot: link }, [timestamp]))
  }

  #put(file: string, bytes: Uint8Array): void {
    this.#files.set(`/tuf/metadata/${file}`, bytes)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    const body = request.method === 'POST' ? await text(request) : ''
    this.asked.push(path)
    response.on('error', () => {})
    if (!this.lie(path, response)) this.#serve(path, body, response)
    this.#wake()
  }

  #serve(path: string, body: string, response: ServerResponse): void {
    if (path === '/v1/hosts') response.writeHead(201).end(JSON.stringify({ host: 'h-1', token: 't' }))
    else if (path === '/v1/beacons') this.beacons.push(JSON.parse(body) as Beacon)
    else if (path === '/v1/detections') {
      this.detections.push(...(JSON.parse(body) as { detections: readonly DetectionRecord[] }).detections)
    }
    if (path === '/v1/hosts') return
    const file = this.#files.get(path)
    if (file) response.end(file)
    else response.writeHead(path.startsWith('/v1/') ? 204 : 404).end()
  }
}
