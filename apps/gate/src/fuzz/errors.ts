import { FirebreakError } from '@firebreak/kernel'

export type FuzzErrorCode =
  | 'fuzz/bundle' // a target can't be bundled or instrumented
  | 'fuzz/patch' // the place of a patch is not there, or not once
  | 'fuzz/usage' // no such target, module, export or command

export class FuzzError extends FirebreakError<FuzzErrorCode> {}
