import { type Command, InvalidArgumentError, Option } from 'commander'
import { writeDurable } from '@firebreak/durable-fs'
import { FirebreakError, version, type Version } from '@firebreak/kernel'
import { act } from '../act.ts'
import type { Screen } from '../screen.ts'
import { buildTuning } from './files.ts'

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
