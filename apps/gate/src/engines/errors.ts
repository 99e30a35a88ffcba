import { FirebreakError } from '@firebreak/kernel'

export type EngineBuildErrorCode =
  | 'engines/archive' // bytes that are not an archive of a build, or not of the one that the index names
  | 'engines/index' // bytes that are not an index of builds
  | 'engines/source' // a checkout of which no build can be made

export class EngineBuildError extends FirebreakError<EngineBuildErrorCode> {}
