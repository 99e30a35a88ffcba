/** Longest line of the stream; a status of tens of thousands of hosts is well below it. */
export const LINE_CHARS_MAX = 32 * 1024 * 1024

/**
 * Cuts arriving text into the JSON values of its complete lines; empty lines (heartbeats) give none.
 *
 * The returned function throws RangeError for a line above LINE_CHARS_MAX and SyntaxError for one that isn't JSON.
 */
export function ndjsonReader(): (chunk: string) => readonly unknown[] {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_CHARS_MAX) throw new RangeError('Cannot read the stream: a line is too long')
    return lines.filter((line) => line.trim() !== '').map((line): unknown => JSON.parse(line))
  }
}
