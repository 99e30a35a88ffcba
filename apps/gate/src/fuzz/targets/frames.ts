import { encodeFrame, type Frame, FrameDecoder } from '@firebreak/api'
import { concatBytes } from '@firebreak/kernel'
import { Violation } from '../oracles.ts'
import { define, describeJson, oneOf } from './define.ts'

const PAYLOAD_BYTES_MAX = 65_536
const CHUNK_BYTES_MAX = 23

/** What a confined process says to its supervisor. */
export const createTarget = define<readonly Frame[]>({
  parse: (input) => new FrameDecoder(PAYLOAD_BYTES_MAX).push(input),
  refuses: oneOf(['frame/too-large', 'frame/unknown-type']),
  fuel: { base: 400, each: 8 },
  bytes: { base: PAYLOAD_BYTES_MAX + 256, each: 8 },
  describe: describeJson,
  encode: (frames) => concatBytes(frames.map(encodeFrame)),
  use: (frames, input) => {
    const decoder = new FrameDecoder(PAYLOAD_BYTES_MAX)
    const size = 1 + (input.length % CHUNK_BYTES_MAX)
    const inChunks: Frame[] = []
    for (let at = 0; at < input.length; at += size) inChunks.push(...decoder.push(input.subarray(at, at + size)))
    if (describeJson(inChunks) !== describeJson(frames)) {
      throw new Violation('disagreement', 'other frames when the bytes come in chunks')
    }
  },
})
