import { setTimeout } from 'node:timers/promises'
import { GrowingFile, LineCutter } from '@firebreak/inputs'

/** Lines as they came, together; valid until the next are asked for. */
export interface LineGroup {
  readonly lines: readonly Uint8Array[]
  /** Lines that were too long, since the beginning. */
  readonly tooLong: number
}

/** How often a file that has nothing more is looked at. */
const LOOK_AGAIN_MS = 200

/** Standard input, to its end. Asks for no more than is taken. */
export async function* linesOfInput(interrupted: AbortSignal): AsyncGenerator<LineGroup> {
  const { stdin } = process
  const cutter = new LineCutter()
  const stop = () => void stdin.destroy()
  interrupted.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of stdin) yield { lines: cutter.push(chunk as Uint8Array), tooLong: cutter.tooLong }
    const last = cutter.end()
    yield { lines: last === null ? [] : [last], tooLong: cutter.tooLong }
  } catch (error) {
    if (!interrupted.aborted) throw error
  } finally {
    interrupted.removeEventListener('abort', stop)
  }
}

/**
 * A file that grows, until the person has seen enough.
 *
 * @throws InputError
 */
export async function* linesOfFile(path: string, interrupted: AbortSignal): AsyncGenerator<LineGroup> {
  const file = new GrowingFile(path, null)
  try {
    while (!interrupted.aborted) {
      const { lines, isMore } = await file.round()
      if (lines.length > 0) yield { lines, tooLong: file.tooLong }
      if (!isMore) await setTimeout(LOOK_AGAIN_MS, null, { signal: interrupted }).catch(() => null)
    }
  } finally {
    await file.close()
  }
}
