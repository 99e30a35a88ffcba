import type { Readable, Writable } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { jsonBytes } from '@firebreak/kernel'
import { compileYara, YaraError } from '@firebreak/yara'
import {
  type LaneReady,
  type LaneRules,
  LANE_REPLY_BYTES_MAX,
  type LaneVerdict,
  parseLaneRules,
  PROBLEMS_MAX,
} from './messages.ts'

/**
 * The lane's process: rules once, then file after file, one verdict each. Runs after the sandbox is closed. Whatever breaks in
 * the library ends the process, by design: its memory can't be trusted afterwards.
 */
export function runLane(input: Readable, output: Writable): void {
  const decoder = new FrameDecoder()
  let judge: ((bytes: Uint8Array) => LaneVerdict) | null = null
  const onFrame = (frame: Frame): void => {
    if (frame.type === FRAME.YARA_RULES && judge === null) {
      const compiled = compile(parseLaneRules(frame.payload))
      judge = compiled.judge
      output.write(encodeFrame({ type: FRAME.YARA_READY, payload: jsonBytes(compiled.ready) }))
    } else if (frame.type === FRAME.YARA_FILE && judge !== null) {
      output.write(
        encodeFrame({
          type: FRAME.YARA_VERDICT,
          sequence: frame.sequence,
          payload: verdictBytes(judge(frame.payload)),
        }),
      )
    } else {
      throw new Error(`unexpected frame ${frame.type}`)
    }
  }
  input.on('data', (chunk: Uint8Array) => {
    for (const frame of decoder.push(chunk)) onFrame(frame)
  })
  input.on('end', () => process.exit(0))
}

function compile({ sources, limits }: LaneRules): { ready: LaneReady; judge: (bytes: Uint8Array) => LaneVerdict } {
  const { rules, files, problems } = compileYara(sources)
  const judge = (bytes: Uint8Array): LaneVerdict => {
    try {
      return { outcome: 'scanned', ...rules.scan(bytes, limits) }
    } catch (error) {
      if (!(error instanceof YaraError && error.code === 'yara/time-limit')) throw error
      return { outcome: 'timed-out', matches: [], dropped: 0 }
    }
  }
  return { ready: { files, problems: problems.slice(0, PROBLEMS_MAX) }, judge }
}

/** Rules with thousands of tags could make a verdict too long: then it says which rules, and nothing else. */
function verdictBytes(verdict: LaneVerdict): Uint8Array {
  const whole = jsonBytes(verdict)
  if (whole.length <= LANE_REPLY_BYTES_MAX) return whole
  return jsonBytes({ ...verdict, matches: verdict.matches.map((match) => ({ ...match, tags: [], patterns: [] })) })
}
