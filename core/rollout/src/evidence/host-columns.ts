/**
 * What is known of each host, in columns: 39 bytes a host. A host is a dense number. Columns grow by doubling.
 *
 * Times are ticks (`time-scale.ts`); the numbers of kinds, customers and images are of a `Numbering`.
 */
export class HostColumns {
  /** Of the newest beacon; 0: none has come. */
  sequence: Float64Array
  /** When it came; of a host that was never heard: when it enrolled. */
  heardAt: Uint32Array
  /** What it says, in ticks; 0: not said. */
  interval: Uint32Array
  /** Since when it has been there without a break, as far as it takes part in a wave. */
  presentSince: Uint32Array
  /** Its bucket in the order of exposure, and the image that it runs and has confirmed: `bucketIn`, `imageIn`. */
  place: Uint32Array
  /** FLAG bits. */
  flags: Uint16Array
  /** HISTORY bits: what happened to it in its cell. */
  history: Uint16Array
  /** Where it counts: of the cells of its pack's rollout, from 1; 0: nowhere. */
  cell: Uint16Array
  kind: Uint16Array
  customer: Uint16Array
  /** The hour (`hourOf`) of its last unannounced silence; 0: none known. */
  unsteadyAt: Uint16Array
  /** The hour since which it has run its confirmed image. */
  ranSince: Uint16Array
  /** The low bits of its counter of engine restarts: enough to see it move. */
  restarts: Uint8Array

  #capacity: number

  constructor(capacity: number) {
    this.#capacity = capacity
    this.sequence = new Float64Array(capacity)
    this.heardAt = new Uint32Array(capacity)
    this.interval = new Uint32Array(capacity)
    this.presentSince = new Uint32Array(capacity)
    this.place = new Uint32Array(capacity)
    this.flags = new Uint16Array(capacity)
    this.history = new Uint16Array(capacity)
    this.cell = new Uint16Array(capacity)
    this.kind = new Uint16Array(capacity)
    this.customer = new Uint16Array(capacity)
    this.unsteadyAt = new Uint16Array(capacity)
    this.ranSince = new Uint16Array(capacity)
    this.restarts = new Uint8Array(capacity)
  }

  get capacity(): number {
    return this.#capacity
  }

  /** Of all columns together. */
  get bytes(): number {
    return this.#columns().reduce((sum, column) => sum + column.byteLength, 0)
  }

  /** Makes place for at least so many hosts. */
  reserve(hosts: number): void {
    if (hosts <= this.#capacity) return
    const grown = new HostColumns(Math.max(hosts, 2 * this.#capacity))
    const from = this.#columns()
    for (const [i, column] of grown.#columns().entries()) column.set(from[i] ?? [])
    Object.assign(this, grown)
    this.#capacity = grown.#capacity
  }

  #columns(): readonly TypedColumn[] {
    return Object.values(this).filter((column): column is TypedColumn => ArrayBuffer.isView(column))
  }
}

type TypedColumn = Float64Array | Uint32Array | Uint16Array | Uint8Array

export const FLAG = {
  /** Takes a new release as soon as it is exposed. */
  takesAtOnce: 1 << 0,
  /** Its newest beacon said that it stops. */
  stopped: 1 << 1,
  /** Missed two of its intervals, unannounced, and has not come back. */
  silent: 1 << 2,
  /** An engine died, or it was silent, within its last interval. */
  troubled: 1 << 3,
  /** Has begun the watched release: its trial, or more. */
  begun: 1 << 4,
  /** Refused the watched release, or fell back from it. */
  rejected: 1 << 5,
  /** Said in its last beacon that it confirmed the watched release, and ran something else. */
  wrong: 1 << 6,
  /** Is to begin the watched release, and has not. */
  applying: 1 << 7,
  /** Has reported at all. */
  heard: 1 << 8,
  /** A server before this one counted its newest beacon; what it says of the host has to be read again. */
  restored: 1 << 9,
} as const

/** Of FLAG: what is about the watched release, and goes with it. */
export const RELEASE_FLAGS = FLAG.begun | FLAG.rejected | FLAG.wrong | FLAG.applying

const BUCKET_BITS = 20
/** More than any bucket: of a host whose pack has no rollout. */
export const BUCKET_NONE = 0xf_ffff
/** Of 12 bits. */
export const IMAGES_MAX = 0xfff

export function placeOf(bucket: number, image: number): number {
  return ((image << BUCKET_BITS) | bucket) >>> 0
}

export function bucketIn(place: number): number {
  return place & BUCKET_NONE
}

export function imageIn(place: number): number {
  return place >>> BUCKET_BITS
}
