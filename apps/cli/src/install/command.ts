import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command, Option } from 'commander'
import { writeDurable } from '@firebreak/durable-fs'
import { act } from '../act.ts'
import { buildAgent } from '../agent-build.ts'
import { become } from '../become.ts'
import { CliError } from '../errors.ts'
import { ENTRY } from '../places.ts'
import type { Screen } from '../screen.ts'
import { installSystem, type SystemInstall } from './install.ts'
import { SERVICE_NAME, SYSTEM } from './places.ts'
import { runningAgent } from './running-agent.ts'
import { agentStop, type StopOptions } from './stop.ts'
import { isSystemdRunning } from './systemd.ts'
import { uninstallSystem } from './uninstall.ts'

interface Json {
  readonly json: boolean
}

/** The commands that end an agent: for a while, and for good. */
export function addAgentEnd(agent: Command, json: () => Option): void {
  agent
    .command('stop')
    .description('have the agent of a folder end in order; its server is told why')
    .option('--data <dir>', 'folder of the agent', SYSTEM.data)
    .option('--token <file>', 'a stop token, where the policy of the customer asks for one')
    .option('--reason <text>', 'why, for the record', '')
    .addOption(json())
    .action((options: StopOptions & Json) => act(options.json, (screen) => agentStop(options, screen)))
  agent
    .command('fsck <dir>')
    .description(
      "prove the invariants of an agent's folder, or of a copy of one; it reads only, exit code 3 with findings",
    )
    .addOption(json())
    .action((folder: string, options: Json) =>
      become(ENTRY.agent, ['fsck', resolve(folder), ...(options.json ? ['--json'] : [])]),
    )
  agent
    .command('resume')
    .description('end safe mode: the agent takes releases again')
    .option('--data <dir>', 'folder of the agent', SYSTEM.data)
    .addOption(json())
    .action((options: { readonly data: string } & Json) =>
      act(options.json, (screen) => agentResume(options.data, screen)),
    )
  agent
    .command('uninstall')
    .description('take away all that `agent install --system` made, and all that the agent kept')
    .option('--sysroot <dir>', 'the tree that was installed into', '/')
    .addOption(json())
    .action((options: { readonly sysroot: string } & Json) =>
      act(options.json, (screen) => uninstallService(options.sysroot, screen)),
    )
}

export interface ServiceInstall extends Omit<SystemInstall, 'executable'> {
  /** Default: it is built. */
  readonly executable?: string
}

export async function installService(options: ServiceInstall, screen: Screen): Promise<void> {
  const { agent, operator, root } = options
  const sysroot = resolve(options.sysroot)
  const install = (executable: string) => installSystem({ sysroot, executable, agent, operator, root })
  const made = options.executable === undefined ? await withBuilt(install, screen) : await install(options.executable)
  const starts = sysroot === '/' && (await isSystemdRunning())
  screen.result({ ok: true, sysroot, made: made.map(({ path }) => path) }, [
    ...made.map(({ kind, path }) => `${kind.padEnd(6)}  ${path}`),
    starts ? `next: systemctl start ${SERVICE_NAME}` : 'it starts with the system, early in its boot',
  ])
}

async function withBuilt<T>(use: (executable: string) => Promise<T>, screen: Screen): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-install-'))
  try {
    return await use((await buildAgent(join(folder, 'firebreak-agent'), screen)).file)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Lays the wish there; the agent takes it away when it is fulfilled. */
async function agentResume(data: string, screen: Screen): Promise<void> {
  if ((await runningAgent(join(data, 'agent.lock'))) === null) {
    throw new CliError('cli/usage', `Cannot resume: no agent runs on ${data}; name its folder with --data`)
  }
  await writeDurable(join(data, 'resume'), new Uint8Array(0))
  screen.result({ ok: true, data }, [`asked; whether safe mode has ended: firebreak agent status --data ${data}`])
}

async function uninstallService(root: string, screen: Screen): Promise<void> {
  const sysroot = resolve(root)
  const { removed, kept } = await uninstallSystem(sysroot)
  screen.result({ ok: true, sysroot, removed, kept }, [
    ...removed.map((path) => `removed  ${path}`),
    ...kept.map((path) => `kept     ${path}: it holds files of somebody else`),
  ])
}
