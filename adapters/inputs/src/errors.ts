import { FirebreakError } from '@firebreak/kernel'

export type InputErrorCode =
  | 'input/unreadable' // a file that the disk or its owner keeps from us
  | 'input/not-a-file' // a folder, pipe or device where a growing file was expected
  | 'input/malformed' // a saved position that is none

export class InputError extends FirebreakError<InputErrorCode> {}
