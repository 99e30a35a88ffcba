import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'node:test'
import type { SlotState } from '@firebreak/updater'
import { type AgentConfig, agentPaths, type AgentPaths } from '../config.ts'
import { PACK } from './images.ts'
import type { Vendor } from './vendor.ts'

const MAIN = fileURLToPath(new URL('./agent.ts', import.meta.url))
const WAIT_MS_MAX = 60_000

export type Line = Readonly<Record<string, unknown>> & { readonly event: string }

export interface HostOptions {
  /** The agent's entry; default: one with planted faults. */
  readonly main?: string
  readonly uid?: number
  /** Of root's agent. */
  readonly gid?: number
  readonly env?: Readonly<Record<string, string>>
}

/** A host: a folder, and an agent on it that can be killed and started again. */
export class Host {
  readonly folder: string
  readonly paths: AgentPaths
  readonly lines: Line[] = []
  /** What it said on standard error, line by line. */
  readonly errors: string[] = []
  #child: ChildProcess | null = null
  readonly #options: HostOptions & { readonly main: string }
  readonly #waiting = new Set<() => void>()

  constructor(context: TestContext, vendor: Vendor, over: Partial<AgentConfig> = {}, options: HostOptions = {}) {
    // prettier-ignore
    this.#options = { ...options, main: options.main ?? MAIN }
    this.folder = mkdtempSync(join(tmpdir(), 'firebreak-agent-'))
    this.paths = agentPaths(this.folder)
    mkdirSync(this.paths.fetcher)
    const config: AgentConfig = {
      serverUrl: vendor.url,
      hostName: 'test',
      ring: 'canary',
      pack: PACK,
      beaconIntervalMs: 100,
      pollIntervalMs: 50,
      trialMs: 100,
      ...over,
    }
    writeFileSync(this.paths.config, JSON.stringify(config))
    writeFileSync(this.paths.root, vendor.root)
    writeFileSync(this.paths.enrolToken, 'token')
    if (options.uid !== undefined) {
      for (const path of [this.folder, this.paths.fetcher, this.paths.config, this.paths.root, this.paths.enrolToken]) {
        chownSync(path, options.uid, options.uid)
      }
    }
    context.after(async () => {
      await this.kill()
      rmSync(this.folder, { recursive: true, force: true })
    })
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  get slots(): SlotState {
    return JSON.parse(readFileSync(this.paths.slotState, 'utf8')) as SlotState
  }

  start(): void {
    const { main, uid, gid } = this.#options
    const as = uid === undefined ? (gid === undefined ? {} : { gid }) : { uid, gid: uid }
    const env = {
      PATH: process.env['PATH'],
      NODE_NO_WARNINGS: '1',
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...this.#options.env,
    }
    const child = spawn(process.execPath, [main, '--data', this.folder], {
      ...as,
      env: uid === undefined ? env : { ...env, NODE_COMPILE_CACHE: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.lines.length = 0
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line)
      this.#wake()
    })
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.errors.push(line)
      this.#wake()
    })
    child.once('exit', () => this.#wake())
  }

  /** Ends it as a crash would; resolves when it and all that held its pipes are gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#child
    if (!child) return null
    this.#child = null
    const closed = once(child, 'close')
    child.kill(signal)
    const [code] = (await closed) as [number | null]
    return code
  }

  /** When it ends by itself. */
  async ended(): Promise<number | null> {
    const child = this.#child
    if (!child) return null
    const [code] = (await once(child, 'close')) as [number | null]
    this.#child = null
    return code
  }

  /** Looks again at each line that it says. */
  async until(what: string, isSo: () => boolean): Promise<void> {
    let late = false
    const timer = setTimeout(() => {
      late = true
      this.#wake()
    }, WAIT_MS_MAX)
    while (!isSo()) {
      if (late) throw new Error(`waiting for ${what}; it said ${JSON.stringify(this.lines)} ${this.errors.join('\n')}`)
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve)
      })
    }
    clearTimeout(timer)
  }

  heard(event: string, detail = ''): Promise<void> {
    return this.until(`${event} ${detail}`, () => this.has(event, detail))
  }

  has(event: string, detail = ''): boolean {
    return this.lines.some((line) => line.event === event && JSON.stringify(line).includes(detail))
  }

  /** The processes of this host, by the entry that they run. */
  children(entry: string): readonly number[] {
    return childrenOf(this.pid).filter((pid) => commandLine(pid).includes(entry))
  }

  #wake(): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

export function childrenOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statOf(pid)?.[1] === String(parent))
}

export function isAlive(pid: number): boolean {
  const state = statOf(pid)?.[0]
  return state !== undefined && state !== 'Z' && state !== 'X'
}

/** State, parent and so on; null when it is gone. */
function statOf(pid: number): readonly string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
