import { type Command, InvalidArgumentError, Option } from 'commander'
import { act } from '../act.ts'
import { become } from '../become.ts'
import { CliError } from '../errors.ts'
import { defaultStateFolder, ENTRY } from '../places.ts'
import { checkPolicy } from './check.ts'
import { momentMs } from './draft.ts'
import { labelsIn } from './labels.ts'
import { explainPolicy, type ExplainOptions } from './explain.ts'
import { makePolicyKey, signPolicy, type SignPolicyOptions } from './sign.ts'
import { simulate, type SimulateOptions } from './simulate.ts'
import { makeStopToken, type StopTokenOptions } from './stop-token.ts'

interface Json {
  readonly json: boolean
}

const json = () => new Option('--json', 'print one JSON object as the last line').default(false)
const KEY = /^[0-9a-f]{64}$/
const VERSION = /^\d+\.\d+\.\d+$/
const publicKey = () => new Option('--key <hex>', "the customer's public key, which has to have signed it (default: the one it names)").argParser(like(KEY, 'a public key has 64 digits, 0 to 9 and a to f')) // prettier-ignore
const at = () => new Option('--at <time>', 'as if it were then: 2027-01-31T18:00Z').argParser(moment).default(Date.now(), 'now') // prettier-ignore

const EXPLAIN_HELP = `
Of a host as options describe it, or, with --data, of the host itself: by what its agent holds and remembers. Without --plan and
--server a plan is assumed that offers a new release to the host just now.`

/** What a customer wants on their hosts. */
export function addPolicy(root: Command): void {
  const policy = root.command('policy').description('what a customer wants on their hosts, signed by their own key')
  addWriting(policy)
  addReading(policy)
}

function addWriting(policy: Command): void {
  policy
    .command('key <file>')
    .description("make the customer's key")
    .option('--json', 'print one JSON object as the last line', false)
    .action((file: string, options: { readonly json: boolean }) =>
      act(options.json, (screen) => makePolicyKey(file, screen)),
    )
  policy
    .command('sign')
    .description('sign a policy; hosts take it when its generation is higher than that of the one they hold')
    .requiredOption('--key <file>', "the customer's key")
    .requiredOption('--customer <name>', 'whose policy it is')
    .addOption(new Option('--generation <number>', 'its number').argParser(generation).makeOptionMandatory())
    .requiredOption('--out <file>', 'file to write')
    .option('--from <draft>', 'rings and rules, as YAML or JSON: docs/customer-policy.md')
    .option('--tuning <path>', 'a tuning from `firebreak tuning compile`, or Sigma filters (a folder, a .yml file)')
    .option('--pack <dir>', 'the pack whose rules the filters are for')
    .addOption(
      new Option('--stop <rule>', 'what an orderly stop of the agent needs: nothing, or a stop token')
        .choices(['free', 'token'])
        .default('free'),
    )
    .option('--json', 'print one JSON object as the last line', false)
    .action((options: SignPolicyOptions & { readonly json: boolean }) =>
      act(options.json, (screen, interrupted) => signPolicy(options, screen, interrupted)),
    )
  policy
    .command('stop-token')
    .description('sign leave to stop the agent of one host, once; for hosts whose policy says `--stop token`')
    .requiredOption('--key <file>', "the customer's key")
    .requiredOption('--host <id>', 'the host, as `firebreak status` shows it: h-...')
    .requiredOption('--reason <text>', 'why, for the record')
    .addOption(new Option('--minutes <number>', 'how long it is good').default(30).argParser(minutes))
    .requiredOption('--out <file>', 'file to write')
    .option('--json', 'print one JSON object as the last line', false)
    .action((options: StopTokenOptions & { readonly json: boolean }) =>
      act(options.json, (screen) => makeStopToken(options, screen)),
    )
  policy
    .command('apply <file>')
    .description('have the agent of a folder take a policy; one that is refused in any part changes nothing')
    .requiredOption('--data <dir>', 'folder of the agent')
    .option('--key <hex>', "the customer's public key, with the first policy; from then on it is pinned")
    .action((file: string, { data, key }: { readonly data: string; readonly key?: string }) =>
      become(ENTRY.agent, ['policy', '--data', data, '--policy', file, ...(key === undefined ? [] : ['--key', key])]),
    )
}

function addReading(policy: Command): void {
  policy
    .command('check <file>')
    .description('say all that is wrong with a draft or a signed policy, and what is probably not meant')
    .addOption(publicKey())
    .addOption(at())
    .addOption(json())
    .action((file: string, options: { readonly key?: string; readonly at: number } & Json) =>
      act(options.json, (screen) => checkPolicy(file, options, screen)),
    )
  policy
    .command('explain [file]')
    .description('for one host: which rule decides, why, and when it will change')
    .option('--data <dir>', 'folder of an agent: explain this host, by its own policy and plan')
    .option('--host <id>', 'of the host, as `firebreak status` shows it: samples and turns go by it', 'h-example')
    .addOption(new Option('--host-labels <labels>', 'role=web,site=berlin').argParser(labelsIn).default({}, 'none'))
    .option('--ring <name>', 'ring that the host enrolled with', 'broad')
    .option('--category <name>', 'kind of content', 'behavioural')
    .option('--pack <name>', 'the pack that it follows (default: the first of the category)')
    .option('--running <version>', 'what it has confirmed', like(VERSION, 'a version is written like 1.2.3'))
    .option('--engine <version>', 'its engine', like(VERSION, 'a version is written like 1.2.3'), '1.0.0')
    .option('--os <name>', 'its operating system', 'linux 6.18')
    .option('--plan <file>', 'the plan that it reads')
    .option('--server <url>', 'take the plan from this server')
    .option('--token-file <file>', 'file with the operator token, with --server')
    .option('--state <dir>', 'folder of keys and server', defaultStateFolder(process.env))
    .addOption(publicKey())
    .addOption(at())
    .addOption(json())
    .addHelpText('after', EXPLAIN_HELP)
    .action((file: string | undefined, options: ExplainOptions & { readonly data?: string } & Json) =>
      act(options.json, (screen) => explain(file, options, screen)),
    )
  policy
    .command('simulate <file>')
    .description('when each group of hosts would get a release')
    .option('--hosts <file>', 'JSON: [{host, labels, ring, engineVersion, os}] (default: some of each selector)')
    .option('--schedule <file>', 'YAML or JSON: when the vendor opens which ring (default: a day from canary to all)')
    .option('--emergency', 'a release of the emergency lane', false)
    .addOption(publicKey())
    .addOption(at())
    .addOption(json())
    .action((file: string, options: SimulateOptions & Json) =>
      act(options.json, (screen) => simulate(file, options, screen)),
    )
}

function explain(
  file: string | undefined,
  options: ExplainOptions & { readonly data?: string } & Json,
  screen: Parameters<typeof explainPolicy>[2],
): Promise<void> {
  const { data } = options
  if (data !== undefined && file === undefined) {
    return become(ENTRY.agent, ['explain', data, '--at', String(options.at), ...(options.json ? ['--json'] : [])])
  }
  if (file !== undefined && data === undefined) return explainPolicy(file, options, screen)
  throw new CliError('cli/usage', 'Cannot explain: give a policy, or the folder of an agent with --data')
}

function like(pattern: RegExp, message: string): (value: string) => string {
  return (value) => {
    if (pattern.test(value)) return value
    throw new InvalidArgumentError(message)
  }
}

function moment(value: string): number {
  const ms = momentMs(value)
  if (ms === null) throw new InvalidArgumentError('a time is written like 2027-01-31T18:00Z')
  return ms
}

function generation(value: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1)
    throw new InvalidArgumentError('a generation is a whole number from 1')
  return number
}

function minutes(value: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError('minutes are a whole number from 1')
  return number
}
