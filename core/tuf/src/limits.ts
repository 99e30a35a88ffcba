/** Sizes of metadata files, as in the reference clients. A target file has the limit that its signed length sets. */
export const ROOT_SIZE_BYTES_MAX = 512_000
export const TIMESTAMP_SIZE_BYTES_MAX = 16_384
export const SNAPSHOT_SIZE_BYTES_MAX = 2_000_000
export const TARGETS_SIZE_BYTES_MAX = 5_000_000

/** New roots that one refresh follows. */
export const ROOT_ROTATIONS_MAX = 256

/** Bounds the signature checks that one file can cause; also the keys of one role and of one key table. */
export const KEYS_MAX = 64
export const SIGNATURES_MAX = 64

/** Files that one snapshot lists. */
export const SNAPSHOT_FILES_MAX = 16_384
/** Targets that one role lists. */
export const TARGETS_MAX = 16_384
/** Path patterns of the delegation. */
export const PATTERNS_MAX = 64
export const PATH_CHARS_MAX = 256

/** Leaves room for a next version that is still exact in every JSON reader. */
export const VERSION_MAX = 2 ** 31 - 1
export const TARGET_SIZE_BYTES_MAX = 2 ** 31 - 1
