import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ENGINE_VERSION } from '@firebreak/detect'
import { GATE_POLICY_DEFAULT, type GatePolicy } from '@firebreak/gate'

/**
 * What a fleet on this machine holds a release to: everything that the default does, in the one engine that its agents run.
 *
 * @returns the file
 */
export async function writeTrialPolicy(folder: string, changes: Partial<GatePolicy> = {}): Promise<string> {
  const file = join(folder, 'gate-policy.json')
  await writeFile(file, JSON.stringify({ ...GATE_POLICY_DEFAULT, engines: [ENGINE_VERSION], ...changes }))
  return file
}
