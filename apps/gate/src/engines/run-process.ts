import { spawn } from 'node:child_process'

/** What a process that was given a while had to say. */
export interface ProcessOutcome {
  readonly code: number | null
  /** Ended by us. */
  readonly timedOut: boolean
  readonly stdout: Uint8Array
  /** The last of it, for people. */
  readonly stderr: string
}

const STDERR_CHARS_MAX = 2_000

/** Runs this very Node. @param timeoutMs - ends what hangs, and nothing else: choose many times what it takes */
export async function runNode(
  args: readonly string[],
  timeoutMs: number,
  stdoutBytesMax: number,
): Promise<ProcessOutcome> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    child.kill('SIGKILL')
  }, timeoutMs)
  const chunks: Uint8Array[] = []
  let bytes = 0
  let stderr = ''
  child.stdout.on('data', (chunk: Uint8Array) => {
    bytes += chunk.length
    if (bytes <= stdoutBytesMax) chunks.push(chunk)
    else child.kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', (words: string) => {
    stderr = `${stderr}${words}`.slice(-STDERR_CHARS_MAX)
  })
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('close', resolve)
      child.once('error', reject)
    })
    return { code, timedOut, stdout: Buffer.concat(chunks), stderr }
  } finally {
    clearTimeout(timer)
  }
}
