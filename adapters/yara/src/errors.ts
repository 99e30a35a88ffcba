import { FirebreakError } from '@firebreak/kernel'

export type YaraErrorCode =
  | 'yara/not-loaded' // a bug: loadYara comes first
  | 'yara/time-limit' // the scan took longer than it may, and ended itself
  | 'yara/scan' // the library failed on these bytes

export class YaraError extends FirebreakError<YaraErrorCode> {}
