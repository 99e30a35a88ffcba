import { FirebreakError } from '@firebreak/kernel'

export type EventFilesErrorCode =
  | 'event-files/unreadable' // a file or folder that is not there, or that the disk or its owner keeps from us
  | 'event-files/unknown-format' // bytes that are none of the formats
  | 'event-files/too-many' // more files, or deeper folders, than a scan takes

export class EventFilesError extends FirebreakError<EventFilesErrorCode> {}
