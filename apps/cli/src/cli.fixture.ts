import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

const MAIN = new URL('main.ts', import.meta.url).pathname

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command line as a process of its own, with HOME and temporary files in `folder`. */
export class Cli {
  readonly child: ChildProcess
  stdout = ''
  stderr = ''
  readonly ended: Promise<Ended>
  readonly #looking = new Set<() => void>()

  constructor(args: readonly string[], folder: string) {
    const { HOME: _home, XDG_STATE_HOME: _state, ...env } = process.env
    this.child = spawn(process.execPath, [MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, HOME: folder, TMPDIR: folder },
    })
    this.child.stdout?.on('data', (chunk) => {
      this.stdout += String(chunk)
      this.#look()
    })
    this.child.stderr?.on('data', (chunk) => {
      this.stderr += String(chunk)
      this.#look()
    })
    this.ended = once(this.child, 'close').then(([code]) => {
      this.#look()
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr }
    })
  }

  /** Resolves when it has printed `text`; rejects when it ends without. */
  async said(text: string): Promise<void> {
    const has = () => this.stdout.includes(text) || this.stderr.includes(text)
    if (has()) return
    await new Promise<void>((resolve, reject) => {
      this.#looking.add(() => {
        if (has()) resolve()
        else if (this.child.exitCode !== null) reject(new Error(`ended without "${text}": ${this.stderr}`))
      })
    })
  }

  #look(): void {
    for (const look of this.#looking) look()
  }
}

export function runCli(args: readonly string[], folder: string): Promise<Ended> {
  return new Cli(args, folder).ended
}

export function lastJson({ stdout }: Ended): Readonly<Record<string, unknown>> {
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Readonly<Record<string, unknown>>
}

/** A folder that goes with the test. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-cli-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Processes, by pid, that name `text` in their arguments. */
export function processesNaming(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => commandLine(pid).includes(text))
    .map(Number)
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return '' // it ended meanwhile
  }
}
