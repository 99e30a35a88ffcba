import { readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import { type Json, jsonBytes, KernelError, parseJson, type Reader } from '@firebreak/kernel'

export interface SmallFileOptions<T> {
  readonly path: string
  readonly bytesMax: number
  readonly reader: Reader<T>
  /** What holds while there is no file. */
  readonly empty: T
  readonly onDamaged: (error: unknown) => void
}

/**
 * A small file of the fetcher's own: whole or not there, whatever interrupts a write. One that somebody damaged is started anew, which is
 * said: what was in it only makes hosts wait longer when it is gone.
 */
export class SmallFile<T extends Json | object> {
  readonly #path: string
  readonly #empty: T
  #value: T

  private constructor({ path, empty }: SmallFileOptions<T>, value: T) {
    this.#path = path
    this.#empty = empty
    this.#value = value
  }

  /** @throws DurableError */
  static async open<T extends Json | object>(options: SmallFileOptions<T>): Promise<SmallFile<T>> {
    const { path, bytesMax, reader, empty, onDamaged } = options
    try {
      const bytes = await readDurable(path, bytesMax)
      return new SmallFile(options, bytes ? reader(parseJson(bytes, bytesMax, path), path) : empty)
    } catch (error) {
      if (!(error instanceof KernelError) || error.code === 'kernel/bug') throw error
      onDamaged(error)
      return new SmallFile(options, empty)
    }
  }

  get value(): T {
    return this.#value
  }

  /** Durable before it counts. @throws DurableError, and the value before stays */
  async put(value: T): Promise<void> {
    await writeDurable(this.#path, jsonBytes(value))
    this.#value = value
  }

  /** @throws DurableError, and the value before stays */
  async remove(): Promise<void> {
    await removeDurable(this.#path)
    this.#value = this.#empty
  }
}
