import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import {
  compressBuild,
  encodeBuild,
  filesOfBuild,
  type KeptBuild,
  unpackBuild,
} from '../../../apps/gate/src/engines/index.ts'

const CHECKOUT = fileURLToPath(new URL('../../..', import.meta.url))
const PARTS = ['adapters', 'apps', 'core'] as const
const ARCHIVE_BYTES_MAX = 256 * 1024 * 1024

/** Whether this clone has the commit: one that is shallow, or a download, has not. */
export function hasCommit(commit: string): boolean {
  try {
    execFileSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: CHECKOUT, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The bytes of the build of a commit, of which the digest is the address. @param folder - an empty one, for its files */
export function encodedBuildOf(commit: string, folder: string): Uint8Array {
  mkdirSync(folder, { recursive: true })
  const tar = execFileSync('git', ['archive', '--format=tar', commit, ...PARTS], {
    cwd: CHECKOUT,
    maxBuffer: ARCHIVE_BYTES_MAX,
  })
  execFileSync('tar', ['-x', '-C', folder], { input: tar })
  return encodeBuild(filesOfBuild(folder))
}

/** The entry and the archive of the engine at `commit`; what the entry says of it, its own code has said. */
export async function buildOfCommit(
  commit: string,
  tag: string | undefined,
  folder: string,
): Promise<{ readonly build: KeptBuild; readonly archive: Uint8Array }> {
  const whole = execFileSync('git', ['rev-parse', '--verify', `${commit}^{commit}`], {
    cwd: CHECKOUT,
    encoding: 'utf8',
  })
  const source = join(folder, 'source')
  const bytes = encodedBuildOf(commit, source)
  const digest = createHash('sha256').update(bytes).digest('hex')
  const root = await unpackBuild(filesOfBuild(source), digest, folder)
  const { engineVersion, features, fields } = contractIn(root)
  const build: KeptBuild = {
    version: engineVersion,
    tag: tag ?? `engine-${engineVersion}`,
    commit: whole.trim(),
    digest,
    bytes: bytes.length,
    takesInputs: node([join(root, 'apps/agent/src/main.ts')]).includes('--inputs'),
    tellsWork: filesOfBuild(root).get('apps/agent/src/evaluate.ts')?.includes('predicateEvaluations') ?? false,
    supplies: { features, fields },
  }
  return { build, archive: compressBuild(bytes) }
}

type Contract = KeptBuild['supplies'] & { readonly engineVersion: string }

/** What the engine whose files are at `root` says of itself. */
export function contractIn(root: string): Contract {
  const url = pathToFileURL(join(root, 'core/detect/src/contract.ts')).href
  const script = `import { ENGINE_CONTRACT } from ${JSON.stringify(url)}
process.stdout.write(JSON.stringify(ENGINE_CONTRACT))`
  const { engineVersion, features, fields } = JSON.parse(node(['--input-type=module', '--eval', script])) as Contract
  return { engineVersion, features, fields }
}

function node(args: readonly string[]): string {
  return execFileSync(process.execPath, args, { encoding: 'utf8' })
}
