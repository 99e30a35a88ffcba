import { constants } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, relative } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import { durableError, isErrno, writeDurable } from '@firebreak/durable-fs'
import { jsonBytes } from '@firebreak/kernel'
import { type AgentOptions, installAgent, type Operator } from '../deployment.ts'
import { CliError } from '../errors.ts'
import { SYSTEM, within } from './places.ts'
import { encodeInstallRecord, type MadeThing } from './record.ts'
import { installStarter } from './starter.ts'
import { reloadSystemd } from './systemd.ts'
import { renderUnit } from './unit.ts'

export interface SystemInstall {
  /** `/`, or the tree of an image that is being built. */
  readonly sysroot: string
  /** The agent as one file, from `firebreak agent build`. */
  readonly executable: string
  readonly agent: Omit<AgentOptions, 'folder' | 'entry'>
  readonly operator: Operator
  readonly root: Uint8Array
}

/**
 * Installs the agent as a service that starts with the system. Nothing that is there is replaced: what it finds in its way ends it
 * before it has written anything. What it makes it writes down first.
 *
 * @throws CliError cli/usage: there is an installation, or something in its place
 * @throws DurableError
 */
export async function installSystem(options: SystemInstall): Promise<readonly MadeThing[]> {
  const { sysroot } = options
  const made = await plan(sysroot)
  const data = within(sysroot, SYSTEM.data)
  try {
    await mkdir(data, { recursive: true, mode: 0o700 })
    await chmod(data, 0o700)
    await writeDurable(`${data}/install.json`, encodeInstallRecord(made))
    for (const { kind, path } of made) if (kind === 'folder') await mkdir(within(sysroot, path), { recursive: true })
    const executable = within(sysroot, SYSTEM.executable)
    await copyFile(options.executable, executable, constants.COPYFILE_EXCL)
    await chmod(executable, 0o755)
    await writeUnit(sysroot, await renderUnit(options.operator.url))
    await fillData(data, options, executable)
  } catch (error) {
    if (error instanceof CliError) throw error
    throw durableError(`install into ${sysroot}; \`firebreak agent uninstall\` takes away what was made`, error)
  }
  await reloadSystemd(sysroot)
  return made
}

/** All that will be made outside the agent's own folder, parents first; the folder itself last. */
async function plan(sysroot: string): Promise<readonly MadeThing[]> {
  const things = [
    { kind: 'file', path: SYSTEM.executable },
    { kind: 'file', path: SYSTEM.unit },
    { kind: 'link', path: SYSTEM.enabled },
  ] as const
  for (const { path } of things) {
    if (await exists(within(sysroot, path))) throw inTheWay(within(sysroot, path))
  }
  const data = within(sysroot, SYSTEM.data)
  if ((await exists(data)) && (await readdir(data)).length > 0) throw inTheWay(data)
  const made: MadeThing[] = []
  for (const thing of [...things, { kind: 'folder', path: SYSTEM.data } as const]) {
    for (const path of await missingFolders(sysroot, dirname(thing.path))) {
      if (!made.some((one) => one.path === path)) made.push({ kind: 'folder', path })
    }
    made.push(thing)
  }
  return made
}

async function missingFolders(sysroot: string, path: string): Promise<readonly string[]> {
  if (path === '/' || (await exists(within(sysroot, path)))) return []
  return [...(await missingFolders(sysroot, dirname(path))), path]
}

async function writeUnit(sysroot: string, unit: string): Promise<void> {
  await writeFile(within(sysroot, SYSTEM.unit), unit, { mode: 0o644, flag: 'wx' })
  const enabled = within(sysroot, SYSTEM.enabled)
  await symlink(relative(dirname(SYSTEM.enabled), SYSTEM.unit), enabled)
}

/** Configuration, starter image, and last the manifest: the digest of the file that was really written. */
async function fillData(data: string, { agent, operator, root }: SystemInstall, executable: string): Promise<void> {
  await installAgent({ ...agent, folder: data, entry: '' }, operator, root)
  await installStarter(data)
  const sha256 = sha256Hex(await readFile(executable))
  await writeDurable(`${data}/manifest.json`, jsonBytes({ files: [{ path: SYSTEM.executable, sha256 }] }))
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    throw durableError(`install: look at ${path}`, error)
  }
}

function inTheWay(path: string): CliError {
  const message = `Cannot install: ${path} is there already; \`firebreak agent uninstall\` removes an installation, else move it away`
  return new CliError('cli/usage', message, { path })
}
