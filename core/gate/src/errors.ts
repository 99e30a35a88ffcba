import { FirebreakError } from '@firebreak/kernel'

export type GateErrorCode = 'gate/report-malformed' // bytes that are not a gate report of this format

export class GateError extends FirebreakError<GateErrorCode> {}
