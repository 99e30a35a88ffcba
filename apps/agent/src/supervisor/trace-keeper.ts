import { encodeFrame, FRAME } from '@firebreak/api'
import { errorMessage, jsonBytes } from '@firebreak/kernel'
import { createTraceInstance, removeTraceInstance } from '@firebreak/linux/tracing'

/**
 * Makes trace instances for a sensor, which may write no file, and removes each when its sensor has ended. What is made
 * is always the same: the sensor's request says nothing.
 */
export class TraceKeeper {
  /** Of the running sensor; null before it asks. */
  #made: Promise<string | null> | null = null
  #removed: Promise<void> = Promise.resolve()

  /** @returns the answer to TRACE_WANTED; null when this sensor has asked before */
  async answer(): Promise<Uint8Array | null> {
    if (this.#made !== null) return null
    const made = this.#removed.then(createTraceInstance)
    this.#made = made.catch(() => null)
    const answer = await made.then(
      (folder) => ({ folder, reason: null }),
      (error: unknown) => ({ folder: null, reason: errorMessage(error) }),
    )
    return encodeFrame({ type: FRAME.TRACE_INSTANCE, payload: jsonBytes(answer) })
  }

  /** After the sensor has ended: nobody has a file of the instance open any more. */
  clear(): Promise<void> {
    const made = this.#made
    this.#made = null
    if (made !== null) this.#removed = this.#removed.then(() => removeMade(made))
    return this.#removed
  }
}

/** What can't be removed now is found by whoever makes the next instance. */
async function removeMade(made: Promise<string | null>): Promise<void> {
  const folder = await made
  if (folder !== null) await removeTraceInstance(folder).catch(() => {})
}
