import { FirebreakError } from '@firebreak/kernel'

export type RolloutErrorCode =
  | 'rollout/policy-signature' // not signed by the customer's key
  | 'rollout/policy-older' // older than the one that holds, or another one of its generation
  | 'rollout/policy-customer' // of another customer
  | 'rollout/policy-expired' // it says itself that it is too old to be taken
  | 'rollout/policy-tuning' // its tuning is refused
  | 'rollout/stop-signature' // not signed by the customer's key, or no token where one is needed
  | 'rollout/stop-host' // for another host
  | 'rollout/stop-expired' // too late, or too early to be true
  | 'rollout/stop-used' // stopped this host before

export class RolloutError extends FirebreakError<RolloutErrorCode> {}
