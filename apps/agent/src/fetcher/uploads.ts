import { type DetectionRecord, detectionRecord } from '@firebreak/api'
import { record, utf8Decode } from '@firebreak/kernel'
import { FetcherError } from './api-client.ts'

const NEWLINE = 10
const SPACE = 32
/** Answers by which a server says that it will never take this body. */
const NEVER = new Set([400, 413, 422])

/** What became of spooled lines. `done`: up to this sequence none needs to be sent again. */
export interface UploadResult {
  readonly done: number
  /** Lines that are no detection, or that the server does not take as one: an engine wrote them. They stop nobody behind them. */
  readonly refused: number
}

/**
 * Sends lines `SEQUENCE DETECTION`, as an engine wrote them. When the server refuses a batch, halves of it are sent, down to
 * the lines that it refuses alone.
 *
 * @returns null when there is nothing to send
 * @throws FetcherError when the server can't be reached, or refuses for another reason; then nothing is done
 */
export async function uploadLines(
  lines: Uint8Array,
  send: (detections: readonly DetectionRecord[]) => Promise<void>,
): Promise<UploadResult | null> {
  const entries = split(lines)
    .map(readLine)
    .filter(({ sequence }) => Number.isSafeInteger(sequence))
  const last = entries.at(-1)
  if (!last) return null
  const detections = entries.flatMap(({ detection }) => detection ?? [])
  const refused = entries.length - detections.length + (await sendHalving(detections, send))
  return { done: last.sequence, refused }
}

/** @returns how many were refused for good */
async function sendHalving(
  detections: readonly DetectionRecord[],
  send: (detections: readonly DetectionRecord[]) => Promise<void>,
): Promise<number> {
  if (detections.length === 0) return 0
  try {
    await send(detections)
    return 0
  } catch (error) {
    if (!(error instanceof FetcherError) || !NEVER.has(Number(error.details['status']))) throw error
    if (detections.length === 1) return 1
    const middle = Math.ceil(detections.length / 2)
    // In order: the server keeps nothing below the highest sequence that it has seen.
    const before = await sendHalving(detections.slice(0, middle), send)
    return before + (await sendHalving(detections.slice(middle), send))
  }
}

function split(lines: Uint8Array): readonly Uint8Array[] {
  const found: Uint8Array[] = []
  for (let at = 0; at < lines.length;) {
    const newline = lines.indexOf(NEWLINE, at)
    const end = newline === -1 ? lines.length : newline
    if (end > at) found.push(lines.subarray(at, end))
    at = end + 1
  }
  return found
}

/** The sequence is the supervisor's word; what follows it is an engine's. */
function readLine(line: Uint8Array): { readonly sequence: number; readonly detection: DetectionRecord | null } {
  const space = line.indexOf(SPACE)
  const sequence = Number(Buffer.from(line.subarray(0, space)).toString('latin1'))
  try {
    const report = record(JSON.parse(utf8Decode(line.subarray(space + 1))), 'detection')
    return { sequence, detection: detectionRecord({ ...report, sequence }, 'detection') }
  } catch {
    return { sequence, detection: null }
  }
}
