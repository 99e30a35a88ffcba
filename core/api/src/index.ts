export { type Beacon, BEACON_SIZE_BYTES_MAX, parseBeacon, type RunningImage } from './beacon.ts'
export {
  encodeFrame,
  FRAME,
  FRAME_HEADER_BYTES,
  FRAME_PAYLOAD_BYTES_MAX,
  type Frame,
  FrameDecoder,
  FrameError,
  type FrameErrorCode,
  type FrameType,
} from './frames.ts'
export {
  type ApiError,
  DETECTION_BATCH_MAX,
  type DetectionBatch,
  type DetectionRecord,
  detectionRecord,
  type Enrolled,
  type Enrolment,
  type FieldText,
  type FleetStatus,
  type HostStatus,
  parseDetectionBatch,
  parseEnrolment,
  parseSubmission,
  type ReleaseState,
  type ReleaseStatus,
  type ReleaseSubmission,
  type StreamLine,
  VERDICTS_SHOWN_MAX,
} from './rest.ts'
export type { ReleaseOutcome } from '@firebreak/updater'
