import { FirebreakError } from '@firebreak/kernel'

export type LinuxErrorCode =
  | 'linux/spawn-failed' // a confined process could not be started at all
  | 'linux/notify-failed' // the service manager can't be told how the agent is
  | 'linux/sensor-unavailable' // the sensor tier can't run here
  | 'linux/fanotify-unavailable' // files can't be watched here, or execs not be held
  | 'linux/btf' // the kernel's type information is not readable
  | 'linux/bpf-assembler' // a bug in one of our constant programs

export class LinuxError extends FirebreakError<LinuxErrorCode> {}
