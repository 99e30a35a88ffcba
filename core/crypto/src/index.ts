export { equalSecrets, sha256, sha256Hex } from './digest.ts'
export { type EnvelopeKind, openEnvelope, preAuthenticationEncoding, signEnvelope, unverifiedPayload } from './dsse.ts'
export {
  CryptoError,
  type CryptoErrorCode,
  generateSigner,
  loadSigner,
  type PublicKeyHex,
  type Signer,
  verifySignature,
} from './signatures.ts'
