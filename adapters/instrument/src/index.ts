export { InstrumentError, type InstrumentErrorCode } from './errors.ts'
export { type Build, instrument, type Instrumented } from './instrument.ts'
