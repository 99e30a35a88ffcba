/** One JSON object a line on standard error. Values are ours or already bounded; tokens are never logged. */
export function log(event: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stderr.write(`${JSON.stringify({ atMs: Date.now(), event, ...fields })}\n`)
}
