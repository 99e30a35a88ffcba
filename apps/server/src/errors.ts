import { FirebreakError } from '@firebreak/kernel'

export type ServerErrorCode =
  | 'server/usage' // the command line
  | 'server/data-folder' // not made by `init`, or by another version
  | 'server/already-initialised'
  | 'server/keys' // the online keys are not those that root and targets name, or the gate keys are none
  | 'server/hosts-full' // HOSTS_MAX
  | 'server/one-release' // a submission names exactly one new image
  | 'server/dropped-target' // new targets leave out or change a file that is published
  | 'server/missing-file' // a newly named target was not uploaded
  | 'server/not-described' // the image's `custom` does not describe a release
  | 'server/no-gate-report' // no report, no publication
  | 'server/gate-malformed' // what is there is no report, or claims what it does not show
  | 'server/gate-not-signed' // by none of the gate keys of this server
  | 'server/gate-mismatch' // the report is about something else, or is not the one that approvers signed
  | 'server/gate-not-passed'
  | 'server/not-newer' // the pack has a release of this version or a newer one
  | 'server/unknown-pack'
  | 'server/unknown-release'
  | 'server/nothing-rolling'
  | 'server/recalls-full' // PLAN_RECALLED_MAX
  | 'server/stand-by' // another server decides and takes reports; this one waits
  | 'server/lease-lost' // another server took over while this one slept

export class ServerError extends FirebreakError<ServerErrorCode> {}
