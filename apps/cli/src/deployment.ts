import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder, readDurable, writeDurable } from '@firebreak/durable-fs'
import { jsonBytes, object, parseJson, text, utf8Encode } from '@firebreak/kernel'
import type { RolloutPolicy } from '@firebreak/rollout'
import { CliError } from './errors.ts'
import { createKeystore, isKeystore, type Keystore, keystoreFiles, openKeystore } from './keystore.ts'
import { OperatorClient } from './operator-client.ts'
import { CONSOLE_FOLDER, ENTRY, statePlaces } from './places.ts'
import { Service } from './service.ts'

const START_TIMEOUT_MS = 30_000
const OPERATOR_FILE_BYTES_MAX = 16_384

/** How an operator reaches a server: operator.json, mode 0600. */
export interface Operator {
  readonly url: string
  readonly operatorToken: string
  readonly enrolToken: string
}

const operatorReader = object<Operator>({ url: text(2_048), operatorToken: text(256), enrolToken: text(256) })

/** @returns null when `up` or `server init` has not been run for this state folder */
export async function readOperator(state: string): Promise<Operator | null> {
  const bytes = await readDurable(statePlaces(state).operator, OPERATOR_FILE_BYTES_MAX)
  return bytes && operatorReader(parseJson(bytes, OPERATOR_FILE_BYTES_MAX, 'operator.json'), 'operator.json')
}

/** A server on a state folder of its own, with the keys of its vendor. */
export interface Deployment {
  readonly keystore: Keystore
  readonly operator: Operator
  readonly client: OperatorClient
  readonly server: Service
  readonly consoleUrl: string
}

export interface DeploymentOptions {
  readonly state: string
  readonly port: number
  readonly policy: Partial<RolloutPolicy>
  readonly tickMs: number
  /** Told of the server before it is up, so that the caller can end it whatever happens. */
  readonly onStart: (server: Service) => void
}

/** Makes what is missing in the state folder and starts the server on it. */
export async function deploy(options: DeploymentOptions): Promise<Deployment> {
  const places = statePlaces(options.state)
  await openFolder(options.state)
  const keystore = (await isKeystore(places.keys))
    ? await openKeystore(places.keys)
    : await createKeystore(places.keys, Date.now())
  const known = (await readOperator(options.state)) ?? (await initServer(options.state))
  await writeDurable(places.policy, utf8Encode(JSON.stringify(options.policy)))
  const server = new Service('server', ENTRY.server, [
    '--data',
    places.server,
    '--port',
    String(options.port),
    '--policy',
    places.policy,
    '--console',
    CONSOLE_FOLDER,
    '--tick-ms',
    String(options.tickMs),
    '--end-with-parent',
  ])
  options.onStart(server)
  const line = await server.line(({ event }) => event === 'listening', START_TIMEOUT_MS)
  const operator = { ...known, url: String(line['url']) }
  await saveOperator(options.state, operator)
  const client = new OperatorClient(operator.url, operator.operatorToken)
  return { keystore, operator, client, server, consoleUrl: `${operator.url}/#token=${operator.operatorToken}` }
}

/** Tokens go to operator.json and nowhere else. */
export async function initServer(state: string): Promise<Operator> {
  const places = statePlaces(state)
  const files = keystoreFiles(places.keys)
  const init = new Service('server', ENTRY.server, [
    'init',
    '--data',
    places.server,
    '--root',
    files.root,
    '--targets',
    files.targets,
    '--online',
    files.online,
    '--gate',
    files.gateKeys,
  ])
  const line = await init.line((answer) => 'operatorToken' in answer, START_TIMEOUT_MS)
  await init.exited
  const operator = { url: '', operatorToken: String(line['operatorToken']), enrolToken: String(line['enrolToken']) }
  await saveOperator(state, operator)
  return operator
}

async function saveOperator(state: string, operator: Operator): Promise<void> {
  await writeDurable(statePlaces(state).operator, jsonBytes(operator))
}

export interface AgentOptions {
  readonly folder: string
  readonly entry: string
  readonly hostName: string
  readonly ring: string
  /** What the customer's policy may tell hosts apart by. */
  readonly labels?: Readonly<Record<string, string>>
  readonly pack: string
  readonly beaconIntervalMs: number
  readonly pollIntervalMs: number
  readonly trialMs: number
}

/** Writes an agent's folder: configuration, trusted root, and, until it is enrolled, the enrolment token. */
export async function installAgent(options: AgentOptions, operator: Operator, root: Uint8Array): Promise<void> {
  const { folder, entry: _, ...rest } = options
  const fetcher = join(folder, 'fetcher')
  await openFolder(folder)
  await mkdir(fetcher, { recursive: true, mode: 0o700 })
  await writeDurable(join(folder, 'agent.json'), jsonBytes({ ...rest, serverUrl: operator.url }))
  await writeDurable(join(fetcher, 'root.json'), root)
  const enrolled = await readDurable(join(fetcher, 'identity.json'), OPERATOR_FILE_BYTES_MAX)
  if (!enrolled) await writeDurable(join(fetcher, 'enrol-token'), utf8Encode(operator.enrolToken))
}

export function startAgent(options: AgentOptions): Service {
  return new Service(`agent of ${options.hostName}`, options.entry, [
    'run',
    '--data',
    options.folder,
    '--end-with-parent',
  ])
}

/** Finds the server for an operator's command. @throws CliError cli/usage */
export async function operatorClient(state: string, url?: string, tokenFile?: string): Promise<OperatorClient> {
  if (url !== undefined && tokenFile !== undefined) {
    const token = await readDurable(tokenFile, OPERATOR_FILE_BYTES_MAX)
    if (!token) throw new CliError('cli/usage', `Cannot read the token: ${tokenFile} is missing`)
    return new OperatorClient(url, Buffer.from(token).toString('utf8').trim())
  }
  const operator = await readOperator(state)
  if (!operator || operator.url === '') {
    const message = `Cannot find a server: ${state} has none. Run \`firebreak up\`, or give --server and --token-file.`
    throw new CliError('cli/usage', message)
  }
  return new OperatorClient(url ?? operator.url, operator.operatorToken)
}
