export { decideOffer, type OfferDecision } from './safe-mode.ts'
export {
  type Candidate,
  EMPTY_SLOTS,
  encodeSlots,
  OUTCOMES_MAX,
  parseSlots,
  type ReleaseOutcome,
  releaseOutcome,
  type Resting,
  restingImage,
  type SafeMode,
  SLOT_STATE_SIZE_BYTES_MAX,
  slotDigests,
  type SlotImage,
  slotImage,
  type SlotState,
} from './slots.ts'
export { type SlotEffect, type SlotEvent, type SlotStep, stepSlots } from './step.ts'
