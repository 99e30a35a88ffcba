import { FirebreakError } from '@firebreak/kernel'

export type LinuxErrorCode = 'linux/spawn-failed' // a confined process could not be started at all

export class LinuxError extends FirebreakError<LinuxErrorCode> {}
