export { EvtxError, type EvtxErrorCode } from './errors.ts'
export { type EvtxSink, readEvtx } from './read-evtx.ts'
