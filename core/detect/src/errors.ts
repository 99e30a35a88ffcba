import { FirebreakError } from '@firebreak/kernel'

export type DetectErrorCode =
  | 'detect/engine-too-old' // the image needs a newer engine
  | 'detect/unsupplied-source' // the image reads events of a log source that the engine does not supply
  | 'detect/unsupplied-field' // the image reads a field that the engine does not supply
  | 'detect/unsupplied-feature' // the image needs a feature that the engine does not have
  | 'detect/record-malformed' // a batch of records that is hostile, cut off, or of another version
  | 'detect/record-too-large' // an event that does not fit into a record, or no more into its batch
  | 'detect/trap' // an index outside its table: a bug, if the image was verified

export class DetectError extends FirebreakError<DetectErrorCode> {}
