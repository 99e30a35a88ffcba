/**
 * Exactly what this package uses of `node:crypto`, for `tsconfig.core.json` alone: the core compiles without Node's types, so that a
 * `process` or a `fetch` in it is a type error. `tsconfig.json` compiles the same sources against the real types.
 */
declare module 'node:crypto' {
  export interface KeyObject {
    readonly asymmetricKeyType?: string
    export(options: { readonly type: 'pkcs8'; readonly format: 'pem' }): string
    export(options: { readonly type: 'spki'; readonly format: 'der' }): Uint8Array
  }
  export function hash(algorithm: 'sha256', data: Uint8Array | string, encoding: 'hex'): string
  export function hash(algorithm: 'sha256', data: Uint8Array | string, encoding: 'buffer'): Uint8Array
  export function timingSafeEqual(a: Uint8Array, b: Uint8Array): boolean
  export function generateKeyPairSync(type: 'ed25519'): {
    readonly publicKey: KeyObject
    readonly privateKey: KeyObject
  }
  export function createPrivateKey(pem: string): KeyObject
  export function createPublicKey(
    key: KeyObject | { readonly key: Uint8Array; readonly format: 'der'; readonly type: 'spki' },
  ): KeyObject
  export function sign(algorithm: null, data: Uint8Array, key: KeyObject): Uint8Array
  export function verify(algorithm: null, data: Uint8Array, key: KeyObject, signature: Uint8Array): boolean
}
