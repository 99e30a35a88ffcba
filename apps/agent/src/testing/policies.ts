import { type CustomerPolicy, DEFAULT_SETTINGS } from '@firebreak/rollout'

/** A policy that wants nothing. */
export function policyOf(over: Partial<CustomerPolicy> = {}): CustomerPolicy {
  return {
    customer: 'acme',
    generation: 1,
    issuedAtMs: 1_000,
    expiresAtMs: null,
    tuning: null,
    stop: 'free',
    rings: [],
    rules: [],
    default: DEFAULT_SETTINGS,
    ...over,
  }
}
