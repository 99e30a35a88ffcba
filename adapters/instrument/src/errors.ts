import { FirebreakError } from '@firebreak/kernel'

/** `instrument/syntax`: not a script; `instrument/name-taken`: it uses one of the names of our hooks. */
export type InstrumentErrorCode = 'instrument/syntax' | 'instrument/name-taken'

export class InstrumentError extends FirebreakError<InstrumentErrorCode> {}
