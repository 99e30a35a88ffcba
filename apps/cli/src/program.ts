import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { FORMAT_NAMES, type FormatName } from '@firebreak/inputs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { act } from './act.ts'
import { agentStatus } from './commands/agent-status.ts'
import { check } from './commands/check.ts'
import { release } from './commands/release.ts'
import { addGate } from './gate/command.ts'
import { halt, recall, status } from './commands/operate.ts'
import {
  agentBuild,
  agentInstall,
  agentRun,
  type AgentInstall,
  bench,
  fuzz,
  serverInit,
  serverRun,
} from './commands/services.ts'
import { test } from './commands/test.ts'
import { testCoverage } from './commands/test-coverage.ts'
import { up } from './commands/up.ts'
import { bashCompletion } from './completion.ts'
import { operatorClient } from './deployment.ts'
import { CliError, EXIT } from './errors.ts'
import { drill } from './drill/drill.ts'
import { addAgentEnd } from './install/command.ts'
import { CODE_FOLDER, defaultStateFolder, STARTER_PACK, statePlaces } from './places.ts'
import { addScan, addWatch } from './scan/command.ts'
import { addImport } from './sigma-import/command.ts'
import { addPolicy } from './policy/command.ts'
import { labelOption } from './policy/labels.ts'
import { addSim } from './sim/command.ts'
import { addTuning } from './tuning/command.ts'
import { addYara } from './yara/command.ts'

const EXIT_CODES = `
Exit codes: 0 ok, 1 a fault (of the machine, the network, the disk), 2 wrong usage,
3 content was refused (checks, gate, server), 4 scan --fail-on or fuzz found it,
5 the gate is broken, 6 the gate could not find out, 130 interrupted.
With --json the last line of standard output is one JSON object; progress goes to standard error.`

interface Common {
  readonly json: boolean
  readonly state: string
}
interface ForInputs {
  readonly inputs: readonly FormatName[]
}
interface ForCoverage {
  /** True: the starter pack's. */
  readonly coverage?: string | true
  readonly failUnder?: number
}
interface Remote extends Common {
  readonly server?: string
  readonly tokenFile?: string
}

function port(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new InvalidArgumentError('a port is 0 to 65535')
  return number
}

function percent(value: string): number {
  const number = Number(value)
  if (!/^\d{1,3}(\.\d{1,3})?$/.test(value) || number > 100) throw new InvalidArgumentError('a percentage is 0 to 100')
  return number
}

const json = () => new Option('--json', 'print one JSON object as the last line').default(false)
const state = () =>
  new Option('--state <dir>', 'folder of keys, server and agent').default(
    defaultStateFolder(process.env),
    '$XDG_STATE_HOME/firebreak or ~/.local/state/firebreak',
  )
const server = () => new Option('--server <url>', 'server to talk to (default: the one of --state)')
const tokenFile = () => new Option('--token-file <file>', 'file with the operator token, with --server')
const reason = () => new Option('--reason <text>', 'why, for the record').makeOptionMandatory()

const inputs = () =>
  new Option('--inputs <formats...>', 'the hosts that it is for have inputs of these formats')
    .choices(FORMAT_NAMES.filter((name) => name !== 'sigma-json')) // of which only a host can say what it supplies
    .default([])

const client = ({ state: folder, server: url, tokenFile: file }: Remote) => operatorClient(folder, url, file)

function ownVersion(): string {
  const about = JSON.parse(readFileSync(join(CODE_FOLDER, 'package.json'), 'utf8')) as { readonly version: string }
  return about.version
}

export function program(): Command {
  const root = new Command('firebreak')
    .description('Security content that cannot take the fleet down: gated, signed, staged, sandboxed, recalled.')
    .version(ownVersion())
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage))
  addLoop(root)
  addContent(root)
  addScan(root, json)
  addWatch(root)
  addYara(root, json)
  addImport(root)
  addTuning(root)
  addPolicy(root)
  addOperator(root)
  addServices(root)
  addSim(root, json)
  root
    .command('completion')
    .description('print a completion script for bash: `source <(./firebreak completion)`')
    .action(() => void process.stdout.write(bashCompletion(root)))
  return root
}

function addLoop(root: Command): void {
  root
    .command('up')
    .description('start a server and an agent on this machine, and roll the starter pack out to it')
    .option('--once', 'stop after the release is confirmed and the first detection has been seen', false)
    .option('--pack <dir>', 'the pack to publish', STARTER_PACK)
    .option('--port <port>', 'port of the server on loopback; 0: any free one', port, 0)
    .addOption(labelOption())
    .addOption(state())
    .addOption(json())
    .action(
      (options: Common & { once: boolean; pack: string; port: number; label: Readonly<Record<string, string>> }) =>
        act(options.json, (screen, interrupted) => up(options, screen, interrupted)),
    )
  root
    .command('drill')
    .description('see six bad days on nine real agents: what stops each, how fast, and how few hosts it reaches')
    .addOption(json())
    .action((options: Common) => act(options.json, (screen, interrupted) => drill(screen, interrupted)))
  root
    .command('test [check]')
    .description('format, lint, types and tests of Firebreak itself; with --coverage, what the tests of a pack decide')
    .option('--coverage [pack]', 'show which field tests no test of the pack decides (default: the starter pack)')
    .option('--fail-under <percent>', 'with --coverage: end with 3 when less of them are decided', percent)
    .addOption(json())
    .action((only: string | undefined, { coverage, failUnder, json: asJson }: Common & ForCoverage) =>
      act(asJson, (screen) => {
        if (coverage === undefined && failUnder === undefined) return test(only, screen)
        if (coverage === undefined || only !== undefined) {
          throw new CliError(
            'cli/usage',
            'Cannot test: --coverage goes with no check, and --fail-under with --coverage',
          )
        }
        return testCoverage(coverage === true ? STARTER_PACK : coverage, failUnder ?? null, screen)
      }),
    )
}

function addContent(root: Command): void {
  root
    .command('bench [name]')
    .description('measure a claim beside its peer or limit; without a name: what there is')
    .addOption(json())
    .option('--quick', 'fewer runs: within 40 s, with more noise', false)
    .action((name: string | undefined, options: Common & { quick: boolean }) => bench(name, options))
  root
    .command('fuzz [arguments...]')
    .description(
      "look for inputs that break a parser: one of ours (fuzz TARGET), any program's (fuzz -- COMMAND), any JavaScript (fuzz --js MODULE#EXPORT); without arguments: what there is",
    )
    .addOption(json())
    .allowUnknownOption()
    .action((args: readonly string[], options: Common) =>
      fuzz(
        args[0] === 'engine'
          ? [...args, ...(options.json ? ['--json'] : [])]
          : [...(options.json ? ['--json'] : []), ...args],
      ),
    )
  root
    .command('check <pack>')
    .description(
      'read and compile a pack: file:line:column for everything that is wrong, what it holds, which rules can fire here',
    )
    .option('--sarif <file>', 'write what was found to a file, for code hosts and editors')
    .addOption(json())
    .action((pack: string, { json: isJson, sarif }: Common & { sarif?: string }) =>
      act(isJson, (screen) => check(pack, { sarif: sarif ?? null, version: ownVersion() }, screen)),
    )
  addGate(root, inputs, json)
  root
    .command('release <pack>')
    .description('gate a pack, have the approvers sign it, and publish it')
    .option('--keys <dir>', 'folder of the approver keys (default: the one of --state)')
    .option('--emergency', 'have them sign that it may skip delays, as far as each customer consented to before', false)
    .addOption(inputs())
    .addOption(server())
    .addOption(tokenFile())
    .addOption(state())
    .addOption(json())
    .action((pack: string, options: Remote & ForInputs & { keys?: string; emergency: boolean }) =>
      act(options.json, async (screen, interrupted) => {
        const { inputs: formats, emergency } = options
        const keys = options.keys ?? statePlaces(options.state).keys
        await release({ pack, keys, inputs: formats, emergency }, await client(options), screen, interrupted)
      }),
    )
}

/** @throws InvalidArgumentError */
function wholeNumber(value: string): number {
  if (!/^\d{1,6}$/.test(value)) throw new InvalidArgumentError('Expected a whole number.')
  return Number(value)
}

function addOperator(root: Command): void {
  const operate = (command: Command) =>
    command.addOption(server()).addOption(tokenFile()).addOption(state()).addOption(json())
  operate(root.command('status').description('rings, hosts, releases and the last verdicts'))
    .option(
      '--verdicts <n>',
      'show so many whole: numbers, cohorts, what was considered, what resolves them',
      wholeNumber,
    )
    .action((options: Remote & { verdicts?: number }) =>
      act(options.json, async (screen) => status(await client(options), options.verdicts ?? null, screen)),
    )
  operate(root.command('halt <pack>').description('stop exposing hosts to the release that is rolling out'))
    .addOption(reason())
    .action((pack: string, options: Remote & { reason: string }) =>
      act(options.json, async (screen) => halt(await client(options), pack, options.reason, screen)),
    )
  operate(root.command('recall <pack> <version>').description('withdraw a release from every host'))
    .addOption(reason())
    .action((pack: string, version: string, options: Remote & { reason: string }) =>
      act(options.json, async (screen) => recall(await client(options), pack, version, options.reason, screen)),
    )
}

function addServices(root: Command): void {
  const serverCommand = root.command('server').description('the API, the rollout controller and the repository')
  serverCommand
    .command('init')
    .description('make keys and the data folder of a server')
    .addOption(state())
    .addOption(json())
    .action((options: Common) => act(options.json, (screen) => serverInit(options.state, screen)))
  serverCommand
    .command('run')
    .description('serve on loopback; what follows -- goes to the server (--port, --host, --policy, --tls-...)')
    .argument('[args...]', 'for the server: `-- --help` lists them')
    .addOption(state())
    .action((args: readonly string[], options: Common) => serverRun(options.state, args))
  const agentCommand = root.command('agent').description('the processes of one host')
  agentCommand
    .command('install')
    .description('prepare the folder of an agent; with --system, install it as a service of this machine')
    .option('--data <dir>', 'folder of the agent; with --system it is /var/lib/firebreak')
    .requiredOption('--server <url>', 'server to report to')
    .requiredOption('--root <file>', 'the trusted root.json')
    .requiredOption('--enrol-token-file <file>', 'file with the enrolment token')
    .option('--ring <name>', 'ring of this host', 'broad')
    .addOption(labelOption())
    .option('--pack <name>', 'pack that it follows', 'linux-baseline')
    .option('--name <name>', 'name for people', hostname())
    .option('--system', 'one executable file, a unit of systemd that starts early, a root-only folder', false)
    .option('--executable <file>', 'with --system: the agent from `agent build` (default: builds one)')
    .option('--sysroot <dir>', 'with --system: the tree to install into, for images of systems', '/')
    .addOption(json())
    .action((options: AgentInstall & Common) => act(options.json, (screen) => agentInstall(options, screen)))
  addAgentEnd(agentCommand, json)
  agentCommand
    .command('run')
    .description('run the agent until it is told to end; JSON lines')
    .requiredOption('--data <dir>', 'folder of the agent')
    .action((options: { data: string }) => agentRun(options.data))
  agentCommand
    .command('build')
    .description('make the agent one executable file, which runs where there is no Node.js')
    .option('--out <file>', 'the file to write', 'firebreak-agent')
    .addOption(json())
    .action((options: { out: string } & Common) => act(options.json, (screen) => agentBuild(options.out, screen)))
  agentCommand
    .command('status')
    .description('what the agent of a folder runs, sees, has dropped, and says of itself')
    .option('--data <dir>', 'folder of the agent (default: the one of `up`)')
    .addOption(state())
    .addOption(json())
    .action((options: Common & { data?: string }) =>
      act(options.json, (screen) => agentStatus(options.data ?? statePlaces(options.state).agent, screen)),
    )
}
