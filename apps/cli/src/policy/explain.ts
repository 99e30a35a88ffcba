import { formatUtc, PPM_ALL } from '@firebreak/kernel'
import {
  explainHost,
  exposureBucketPpm,
  type HostView,
  type PackPlan,
  parsePlan,
  type Plan,
  PLAN_SIZE_BYTES_MAX,
  type ReleaseRef,
} from '@firebreak/rollout'
import { readDurable } from '@firebreak/durable-fs'
import { operatorClient } from '../deployment.ts'
import { CliError } from '../errors.ts'
import { printable, type Screen } from '../screen.ts'
import { policyOf, readPolicyFile } from './policy-file.ts'

export interface ExplainOptions {
  readonly key?: string
  readonly host: string
  readonly hostLabels: Readonly<Record<string, string>>
  readonly ring: string
  readonly category: string
  readonly pack?: string
  /** The version that the host has confirmed. */
  readonly running?: string
  readonly engine: string
  readonly os: string
  readonly plan?: string
  readonly server?: string
  readonly tokenFile?: string
  readonly state: string
  readonly at: number
}

const LINE_CHARS_MAX = 400
/** Of the plan that stands for one, when none is given: a release that is offered to the host from now on. */
const HELD: ReleaseRef = { version: '1.0.0', imageDigest: '1'.repeat(64) }
const OFFERED: ReleaseRef = { version: '2.0.0', imageDigest: '2'.repeat(64) }

/** What a policy makes of one host that is described by options: which rule decides, why, and when that changes. */
export async function explainPolicy(file: string, options: ExplainOptions, screen: Screen): Promise<void> {
  const { at, host: name } = options
  const policy = policyOf(file, await readPolicyFile(file, options.key ?? null, at), 'the customer', at)
  const plan = await planOf(options)
  const pack = packIn(plan, options)
  const host = viewOf(options, pack, policy)
  const { decision, decided, stance, keeps, install, lines } = explainHost(plan, host, at)
  const about = options.plan === undefined && options.server === undefined ? [ASSUMED] : []
  screen.result(
    { ok: true, host: name, atMs: at, ring: decided.by.ring, rule: decided.by.rule, settings: decided.settings, stance, decision, keeps, install }, // prettier-ignore
    [...about, `at ${formatUtc(at)}:`, ...lines.map((line) => `  ${printable(line, LINE_CHARS_MAX)}`)],
  )
}

const ASSUMED = `no --plan and no --server: assuming that ${OFFERED.version} is offered to the host just now`

function viewOf(options: ExplainOptions, pack: PackPlan, policy: HostView['policy']): HostView {
  const { host, hostLabels, ring, engine, os, running } = options
  const isAssumed = options.plan === undefined && options.server === undefined
  const confirmed = running === undefined ? (isAssumed ? HELD : null) : held(pack, running)
  return {
    host,
    enrolledRing: ring,
    pack: pack.pack,
    confirmed,
    lastKnownGood: null,
    candidate: null,
    starter: null,
    isSafe: false,
    rejected: [],
    engineVersion: engine,
    os,
    labels: hostLabels,
    policy,
    bucketOf: (name, digest) => exposureBucketPpm(host, name, digest),
    firstSeenMs: () => null,
    confirmedAtMs: null,
    isEmergency: () => false,
  }
}

/** A version that the plan does not name is one that it has forgotten: of other bytes than all that it names. */
function held({ baseline, candidate, earlier }: PackPlan, version: string): ReleaseRef {
  const named = [candidate, baseline, ...earlier].find((one) => one?.version === version)
  return named ?? { version, imageDigest: '0'.repeat(64) }
}

async function planOf(options: ExplainOptions): Promise<Plan> {
  const { plan: path, server, tokenFile, state, category, ring, at, pack = 'pack' } = options
  if (path !== undefined && server !== undefined) throw new CliError('cli/usage', 'Cannot explain: --plan or --server')
  if (server !== undefined) {
    const { plan } = await (await operatorClient(state, server, tokenFile)).status()
    if (plan) return plan
    throw new CliError('cli/usage', `Cannot explain: ${server} has published no plan yet`)
  }
  if (path !== undefined) {
    const bytes = await readDurable(path, PLAN_SIZE_BYTES_MAX)
    if (bytes) return parsePlan(bytes)
    throw new CliError('cli/usage', `Cannot explain: ${path} is not there`)
  }
  const offered: PackPlan = {
    pack,
    category,
    baseline: HELD,
    candidate: OFFERED,
    exposure: [{ ring, ppm: PPM_ALL, arms: null }],
    candidateSinceMs: at,
    baselineSinceMs: 0,
    earlier: [],
    evidence: [],
  }
  return { generation: 1, issuedAtMs: at, packs: [offered], recalled: [] }
}

function packIn({ packs }: Plan, { pack, category }: ExplainOptions): PackPlan {
  const found = packs.find((one) => (pack === undefined ? one.category === category : one.pack === pack))
  if (found) return found
  const what = pack === undefined ? `pack of category ${category}` : `pack ${pack}`
  throw new CliError('cli/usage', `Cannot explain: the plan names no ${what}; it has ${packs.map((one) => `${one.pack} (${one.category})`).join(', ') || 'none'}`) // prettier-ignore
}
