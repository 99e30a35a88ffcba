import { rolldown } from 'rolldown'

/** A module and all that it imports as one text of JavaScript: without types to strip, the process that runs it stays small. */
export async function bundleOf(entry: string): Promise<string> {
  const built = await rolldown({ input: entry, platform: 'node', external: [/^node:/], logLevel: 'silent' })
  const { output } = await built.generate({ format: 'esm', codeSplitting: false, comments: false })
  await built.close()
  return output[0].code
}
