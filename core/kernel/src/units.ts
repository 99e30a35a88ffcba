/** Wall-clock time: milliseconds since 1970-01-01 UTC. May jump; never used to measure a duration. */
export type WallMs = number & { readonly __unit?: 'wall-ms' }

/** Monotonic time: milliseconds since an arbitrary start of this process. Only differences mean something. */
export type MonotonicMs = number & { readonly __unit?: 'monotonic-ms' }

/** Parts per million: the unit of exposure. 1_000_000 is everyone. */
export type Ppm = number & { readonly __unit?: 'ppm' }

export const PPM_ALL: Ppm = 1_000_000

/** Lower-case hex SHA-256: 64 characters. */
export type Sha256Hex = string & { readonly __unit?: 'sha256-hex' }

export const SHA256_HEX = /^[0-9a-f]{64}$/
