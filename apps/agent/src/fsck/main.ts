import { parseArgs } from 'node:util'
import { AgentError } from '../lock.ts'
import { fsck } from './fsck.ts'
import type { FsckReport } from './report.ts'

/** The folder does not hold what an agent's folder has to. */
const EXIT_FINDINGS = 3
const OPTIONS = { json: { type: 'boolean', default: false } } as const

/** `fsck DIR [--json]`: exit code 0 when the folder is sound, 3 with findings. */
export async function runFsck(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: true })
  const [folder, ...more] = positionals
  if (folder === undefined || more.length > 0) {
    throw new AgentError('agent/usage', 'Cannot check: give one folder, as in `fsck /var/lib/firebreak`')
  }
  const report = await fsck(folder)
  process.stdout.write(values.json ? `${JSON.stringify({ ok: report.sound, ...report })}\n` : textOf(report))
  if (!report.sound) process.exitCode = EXIT_FINDINGS
}

function textOf({ folder, sound, checked, agentPid, leftovers, findings }: FsckReport): string {
  const lines = [
    ...findings.map(({ code, path, message }) => `${printable(path || '.')}: ${printable(message)} [${code}]`),
    ...leftovers.map(({ path, why }) => `left over: ${printable(path)}: ${printable(why)}`),
    ...(agentPid === null ? [] : [`process ${agentPid} runs the agent of this folder: it may have changed meanwhile`]),
    sound
      ? `sound: ${checked} files and folders of ${folder}`
      : `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'} in ${printable(folder)}`,
  ]
  return `${lines.join('\n')}\n`
}

/** Names of files are anybody's: no control character of theirs reaches a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?')
}
