import { buffer } from 'node:stream/consumers'
import { integer, list, object, parseJson, text } from '@firebreak/kernel'
import type { YaraSource } from '@firebreak/yara'
import { AgentError } from '../lock.ts'
import { FILE_BYTES_CEILING, LANE_LIMITS, YaraLane } from './yara-lane.ts'

/** All of what is asked for: sources and paths. */
const REQUEST_BYTES_MAX = 256 * 1024 * 1024
/** A person waits and chose the files: all of one core. */
const CPU_MS_PER_MINUTE = 60_000

interface ScanRequest {
  readonly sources: readonly YaraSource[]
  readonly paths: readonly string[]
  readonly fileBytesMax: number
  readonly timeMs: number
}

const request = object<ScanRequest>({
  sources: list(object<YaraSource>({ name: text(4_096), text: text(REQUEST_BYTES_MAX) }), 16_384),
  paths: list(text(4_096), 1_000_000),
  fileBytesMax: integer(1, FILE_BYTES_CEILING),
  timeMs: integer(1, 600_000),
})

/**
 * Scans what standard input asks for in the lane that hosts run. Prints the lane's word on the rules, a line for each path,
 * and the counts.
 *
 * @throws AgentError agent/usage: the lane did not start
 */
export async function yaraScan(entry: string, readFolders: readonly string[]): Promise<void> {
  const { sources, paths, fileBytesMax, timeMs } = request(
    parseJson(await buffer(process.stdin), REQUEST_BYTES_MAX, 'request'),
    'request',
  )
  const say = (line: unknown) => void process.stdout.write(`${JSON.stringify(line)}\n`)
  const limits = { ...LANE_LIMITS, cpuMsPerMinute: CPU_MS_PER_MINUTE, fileBytesMax, timeMs }
  const lane = new YaraLane({ entry, readFolders, sources, limits, onResult: say })
  try {
    const ready = await lane.start()
    if (typeof ready === 'string') throw new AgentError('agent/usage', `Cannot load YARA rules: ${ready}`)
    say({ kind: 'rules', ...ready })
    // No more than the queue holds at a time: nobody turns away what a person asked for.
    for (let from = 0; from < paths.length && ready.files > 0; from += limits.filesMax / 2) {
      for (const path of paths.slice(from, from + limits.filesMax / 2)) lane.submit(path)
      await lane.idle()
    }
    say({ kind: 'counts', ...lane.counts() })
  } finally {
    await lane.stop()
  }
}
