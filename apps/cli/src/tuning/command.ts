import { type Command, InvalidArgumentError, Option } from 'commander'
import { writeDurable } from '@firebreak/durable-fs'
import { FirebreakError, version, type Version } from '@firebreak/kernel'
import { act } from '../act.ts'
import { become } from '../become.ts'
import { ENTRY } from '../places.ts'
import type { Screen } from '../screen.ts'
import { buildTuning } from './files.ts'
import { makePolicyKey, makeStopToken, signPolicy, type SignPolicyOptions, type StopTokenOptions } from './policy.ts'

const HELP = `
A tuning is a customer's own exceptions from the rules of a vendor: Sigma filters. It is signed with the customer's policy,
is never part of a pack, and stays in force when the vendor releases again: filters name rules by id. With --pack they may
also name them by name, and what no rule of the pack has is said. A rule is a detection where it matches and each filter
that is for it holds, so a filter that excludes says \`not\`.`

interface CompileOptions {
  readonly out: string
  readonly pack?: string
  readonly name: string
  readonly imageVersion: Version
  readonly json: boolean
}

export function addTuning(root: Command): void {
  root
    .command('tuning')
    .description("a customer's own exceptions from a vendor's rules")
    .command('compile <paths...>')
    .description('compile Sigma filters, files or folders of them, to a tuning')
    .requiredOption('--out <file>', 'file to write')
    .option('--pack <dir>', 'the pack whose rules they are for')
    .option('--name <name>', 'name of the tuning', 'tuning')
    .addOption(new Option('--image-version <version>', 'its version').default('1.0.0').argParser(versionText))
    .option('--json', 'print one JSON object as the last line', false)
    .addHelpText('after', HELP)
    .action((paths: readonly string[], options: CompileOptions) =>
      act(options.json, (screen, interrupted) => compile(paths, options, screen, interrupted)),
    )
  addPolicy(root)
}

function addPolicy(root: Command): void {
  const policy = root.command('policy').description('what a customer wants on their hosts, signed by their own key')
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

async function compile(
  paths: readonly string[],
  { out, pack, name, imageVersion }: CompileOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<void> {
  const built = await buildTuning({ paths, pack: pack ?? null, name, version: imageVersion }, screen, interrupted)
  await writeDurable(out, built.image)
  const { filterCount, digest, image, advice, unknownTargets } = built
  const result = {
    ok: true,
    name,
    version: imageVersion,
    out,
    filters: filterCount,
    bytes: image.length,
    imageDigest: digest,
  }
  screen.result({ ...result, advice, unknownTargets }, [
    `tuning ${name} ${imageVersion} in ${out}: ${filterCount} filters`,
  ])
}

function versionText(value: string): Version {
  try {
    return version(value, 'version')
  } catch (error) {
    if (!(error instanceof FirebreakError)) throw error
    throw new InvalidArgumentError('a version is three numbers, as 1.0.0')
  }
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
