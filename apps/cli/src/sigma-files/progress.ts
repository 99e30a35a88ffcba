const REDRAWN_EVERY_MS = 100
const CLEAR_LINE = '\r\u001B[K'

/** How many files are done, for the person who waits; drawn on a terminal only. */
export interface FileProgress {
  /** True now and then: time to let the process hear signals. */
  tick(done: number): boolean
  end(): void
}

export function openFileProgress(out: NodeJS.WriteStream, total: number): FileProgress {
  let tickedAt = performance.now()
  return {
    tick(done) {
      const now = performance.now()
      if (now - tickedAt < REDRAWN_EVERY_MS) return false
      tickedAt = now
      if (out.isTTY) out.write(`${CLEAR_LINE}    ${done} of ${total} files`)
      return true
    },
    end() {
      if (out.isTTY) out.write(CLEAR_LINE)
    },
  }
}
