import { readDurable } from '@firebreak/durable-fs'
import { become } from '../become.ts'
import { initServer, installAgent, readOperator } from '../deployment.ts'
import { CliError } from '../errors.ts'
import { createKeystore, isKeystore } from '../keystore.ts'
import { CONSOLE_FOLDER, ENTRY, statePlaces } from '../places.ts'
import { installService } from '../install/command.ts'
import { installStarter } from '../install/starter.ts'
import type { Screen } from '../screen.ts'

/** Makes keys and a server's data folder. Prints where they are; the tokens stay in operator.json. */
export async function serverInit(state: string, screen: Screen): Promise<void> {
  const places = statePlaces(state)
  if (await readOperator(state)) throw new CliError('cli/usage', `Cannot initialise: ${state} holds a server already`)
  if (!(await isKeystore(places.keys))) await createKeystore(places.keys, Date.now())
  await initServer(state)
  screen.result({ ok: true, state, keys: places.keys, operator: places.operator }, [
    `keys:   ${places.keys}  (move the approver keys off this machine, one to each approver)`,
    `tokens: ${places.operator}  (mode 0600)`,
    `next:   firebreak server run --state ${state}`,
  ])
}

export function serverRun(state: string, args: readonly string[]): never {
  return become(ENTRY.server, ['--data', statePlaces(state).server, '--console', CONSOLE_FOLDER, ...args])
}

/** The benchmarks say themselves what there is. */
export function bench(name: string | undefined, { json, quick }: { json: boolean; quick: boolean }): never {
  const options = [...(json ? ['--json'] : []), ...(quick ? ['--quick'] : [])]
  return become(ENTRY.bench, [...(name === undefined ? [] : [name]), ...options])
}

/** The fuzzer says itself what there is; `engine` is a long run of a test of ours, which compares two engines. */
export function fuzz(args: readonly string[]): never {
  return become(args[0] === 'engine' ? ENTRY.fuzzEngine : ENTRY.fuzz, args)
}

export interface AgentInstall {
  readonly data?: string
  readonly server: string
  readonly ring: string
  readonly label: Readonly<Record<string, string>>
  readonly pack: string
  readonly name: string
  readonly root: string
  readonly enrolTokenFile: string
  /** As a service of the machine, or of the tree `sysroot`. */
  readonly system: boolean
  readonly executable?: string
  readonly sysroot: string
}

const FILE_BYTES_MAX = 524_288
/** Production pace: beacons and polls each half minute, ten minutes of trial. */
const PACE = { beaconIntervalMs: 30_000, pollIntervalMs: 30_000, trialMs: 600_000 } as const

/** The bundler is loaded by nobody else. */
export async function agentBuild(out: string, screen: Screen): Promise<void> {
  const { buildAgent } = await import('../agent-build.ts')
  const { file, sizeBytes, sha256, node } = await buildAgent(out, screen)
  screen.result({ ok: true, file, sizeBytes, sha256, node }, [
    `${file}  ${(sizeBytes / 1e6).toFixed(0)} MB, Node.js ${node}`,
    `sha256 ${sha256}`,
    `next: ${file} run --data DIR`,
  ])
}

/** Prepares an agent's folder for `agent run`, or installs a service. */
export async function agentInstall(options: AgentInstall, screen: Screen): Promise<void> {
  const [root, token] = await Promise.all([mustRead(options.root), mustRead(options.enrolTokenFile)])
  const { data: folder, name: hostName, ring, label: labels, pack } = options
  const agent = { hostName, ring, labels, pack, ...PACE }
  const operator = { url: options.server, operatorToken: '', enrolToken: Buffer.from(token).toString('utf8').trim() }
  if (options.system) {
    const { executable, sysroot } = options
    return installService(
      { sysroot, ...(executable === undefined ? {} : { executable }), agent, operator, root },
      screen,
    )
  }
  if (folder === undefined) throw new CliError('cli/usage', 'Cannot install: --data or --system is needed')
  await installAgent({ folder, entry: ENTRY.agent, ...agent }, operator, root)
  await installStarter(folder)
  screen.result({ ok: true, data: folder }, [`next: firebreak agent run --data ${folder}`])
}

export function agentRun(data: string): never {
  return become(ENTRY.agentService, ['--data', data])
}

async function mustRead(path: string): Promise<Uint8Array> {
  const bytes = await readDurable(path, FILE_BYTES_MAX)
  if (!bytes) throw new CliError('cli/usage', `Cannot read ${path}: there is no such file`)
  return bytes
}
