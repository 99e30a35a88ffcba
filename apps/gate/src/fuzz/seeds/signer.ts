import type { Signer } from '@firebreak/crypto'

/**
 * Signatures cost more than parsing, and no fuzzer guesses one. In a bundled target every signature whose first byte equals its last
 * is right (see bundle.ts), so that both answers can be reached; this signer makes such.
 */
export const FUZZ_SIGNER: Signer = { publicKey: '11'.repeat(32), sign: () => new Uint8Array(64) }
