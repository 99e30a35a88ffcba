import { FirebreakError } from '@firebreak/kernel'

export type GateErrorCode =
  | 'gate/report-malformed' // bytes that are not a gate report of this format
  | 'gate/report-verdict' // its checks give reason for another verdict
  | 'gate/report-error-passed' // a check passed with an error
  | 'gate/report-no-release' // it passed without an image
  | 'gate/report-not-shown' // a check passed, and what it did is not there
  | 'gate/report-not-signed' // no envelope by a key that counts
  | 'gate/report-subject' // the image that was signed is not the one of the report

export class GateError extends FirebreakError<GateErrorCode> {}
