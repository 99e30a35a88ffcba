import { parsePack, toSourceNode } from '@firebreak/content'
import {
  type Canary,
  CANARIES,
  imageForEvents,
  type Job,
  numberOf,
  runJob,
  seedsOf,
  toolDigestOf,
} from '@firebreak/gate-app/fuzz'
import { cpuMsOfSelf } from './cpu.ts'

/** A planted bug and a seed: what one search is for. */
export interface Wanted {
  readonly canary: string
  readonly seed: number
  /** CPU time after which the search ends: what is not found by then is known to take longer, and no more. */
  readonly cpuSecondsMax: number
}

export interface Search extends Wanted {
  /** Of the first execution that showed it; null: not found. */
  readonly executions: number | null
  /** From the first execution on. */
  readonly cpuSeconds: number
  /** The promise that was broken. */
  readonly code: string | null
  /** Of the process that searched, so far. */
  readonly peakMiB: number
}

/** More than any search does in its time. */
const EXECUTIONS_MAX = 10_000_000

/** Searches in this process, one after another. */
export class Searcher {
  readonly #seeds = seedsOf(noCandidate())
  readonly #image = imageForEvents()
  readonly #toolDigest = toolDigestOf()

  /** Makes the programs of a target if they are not there, which is no part of a search. */
  async prepare(canary: Canary): Promise<void> {
    await runJob({ ...(await this.#jobFor(canary, 1)), executions: 1 }, { progress: () => {}, isEnough: () => true })
  }

  async search({ canary: id, seed, cpuSecondsMax }: Wanted): Promise<Search> {
    const canary = canaryOf(id)
    const job = await this.#jobFor(canary, seed)
    let beganMs: number | null = null
    const seconds = (): number => (beganMs === null ? 0 : (cpuMsOfSelf() - beganMs) / 1000)
    const isEnough = (): boolean => {
      beganMs ??= cpuMsOfSelf()
      return seconds() > cpuSecondsMax
    }
    const { findings } = await runJob(job, { progress: () => {}, isEnough })
    const [found] = findings
    return {
      canary: id,
      seed,
      cpuSecondsMax,
      executions: found?.foundAt ?? null,
      cpuSeconds: seconds(),
      code: found?.code ?? null,
      peakMiB: Math.ceil(process.resourceUsage().maxRSS / 1024),
    }
  }

  async #jobFor(canary: Canary, seed: number): Promise<Job> {
    return {
      target: canary.target,
      planted: numberOf(canary),
      seed,
      executions: EXECUTIONS_MAX,
      seeds: this.#seeds[canary.target],
      regressions: [],
      image: this.#image,
      minimise: 0,
      recordInputs: null,
      toolDigest: await this.#toolDigest,
    }
  }
}

export function canaryOf(id: string): Canary {
  const canary = CANARIES.find((one) => one.id === id)
  if (canary === undefined) throw new Error(`no planted bug is called ${id}`)
  return canary
}

/** Without a candidate inputs come from a small pack of the fuzzer's own: the suite is the same everywhere. */
function noCandidate(): Parameters<typeof seedsOf>[0] {
  const manifest = { name: 'bench', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: '' }
  const source = { manifest: toSourceNode(manifest, 'pack.yaml'), rules: [], tests: [], indicators: [] }
  return { source, pack: parsePack(source) }
}
