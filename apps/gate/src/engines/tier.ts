import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { SandboxTier } from '@firebreak/gate'
import { list, nullable, object, parseJson, text } from '@firebreak/kernel'
import { runNode } from './run-process.ts'

const ENTRY = fileURLToPath(new URL('./tier-entry.ts', import.meta.url))
/** Node looks for a package.json in every folder above the entry. */
const ENTRY_FOLDER = fileURLToPath(new URL('../../../..', import.meta.url))
const TIMEOUT_MS = 60_000
const REPORT_BYTES_MAX = 64 * 1024
const words = text(1_024)
const report = object({
  active: list(words, 100),
  missing: list(object({ layer: words, reason: words }), 100),
})

/**
 * Which layers of the sandbox the build at `root` closes around its engine on this machine: its own launcher starts a process that
 * says so. Null when it could not.
 */
export async function sandboxTier(root: string): Promise<SandboxTier | null> {
  const spawner = pathToFileURL(join(root, 'adapters/linux/src/sandbox/spawn.ts')).href
  const options = {
    profile: 'engine',
    entry: ENTRY,
    args: [],
    readFolders: [root, ENTRY_FOLDER],
    writeFolders: [],
    connectPorts: [],
  }
  const script = `import { spawnConfined } from ${JSON.stringify(spawner)}
const { output, exited } = spawnConfined(${JSON.stringify(options)})
for await (const chunk of output) process.stdout.write(chunk)
await exited`
  const { code, stdout } = await runNode(['--input-type=module', '--eval', script], TIMEOUT_MS, REPORT_BYTES_MAX)
  if (code !== 0 || stdout.length === 0) return null
  const said = nullable(report)(parseJson(stdout, REPORT_BYTES_MAX, 'sandbox'), 'sandbox')
  return said === null
    ? { active: [], missing: [] }
    : { active: said.active, missing: said.missing.map(({ layer }) => layer) }
}
