import { FirebreakError } from '@firebreak/kernel'

/** Inside the reader only: a bad record is counted, not thrown. */
export type EvtxErrorCode =
  | 'evtx/outside' // a length or an offset that leads out of its part
  | 'evtx/malformed' // a token, or an order of tokens, that binary XML does not have
  | 'evtx/limit' // deeper or longer than any event is

export class EvtxError extends FirebreakError<EvtxErrorCode> {}
