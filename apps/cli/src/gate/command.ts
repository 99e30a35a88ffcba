import { type Command, InvalidArgumentError, type Option } from 'commander'
import type { FormatName } from '@firebreak/inputs'
import { act } from '../act.ts'
import { STARTER_PACK } from '../places.ts'
import { CliError } from '../errors.ts'
import { gate, type GateCommandOptions } from './gate.ts'
import { selfTest } from './self-test.ts'
import { watchGate } from './watch.ts'

interface Flags extends GateCommandOptions {
  readonly inputs: readonly FormatName[]
  readonly json: boolean
  readonly selfTest: boolean
  readonly watch: boolean
  readonly html?: string
}

const SEED_MAX = 0xffff_ffff

function seed(value: string): number {
  const number = Number(value)
  if (!/^\d{1,10}$/.test(value) || number > SEED_MAX) throw new InvalidArgumentError(`a seed is 0 to ${SEED_MAX}`)
  return number
}

const EXIT_CODES = `
Exit codes: 0 passed, 3 refused, 5 the gate is broken (it missed a fault that it set itself), 6 inconclusive (a time-out,
a missing engine build, a crash of the gate), 1 a fault before there was a verdict, 2 wrong usage, 130 interrupted.`

export function addGate(root: Command, inputs: () => Option, json: () => Option): void {
  root
    .command('gate [pack]')
    .description('the whole gate: source, tests, contract, every engine, replay, cost, fuzzing, and the gate itself')
    .option('--report <file>', 'write the report; with --key the signed statement that holds it')
    .option('--html <file>', 'write the report as one page')
    .option('--sarif <file>', 'write the findings as SARIF 2.1.0')
    .option('--key <file>', 'gate key (PEM) to sign the report with')
    .option('--policy <file>', 'what to hold the pack to (JSON)')
    .option('--against <image>', 'image of the release that hosts run now: what changes, and what it costs')
    .option('--history <reports...>', 'reports of earlier releases: what was used before')
    .option('--corpus <files...>', 'JSON lines of ordinary activity to replay besides ours')
    .option('--seed <n>', 'draw the same lots again', seed)
    .option('--self-test', 'show only whether the gate still works; without a pack, on the starter pack', false)
    .option('--watch', 'judge again what a change touches, until Ctrl-C', false)
    .addOption(inputs())
    .addOption(json())
    .addHelpText('after', EXIT_CODES)
    .action((pack: string | undefined, { html, watch, selfTest: isSelfTest, json: isJson, ...options }: Flags) =>
      act(isJson, (screen, interrupted) => {
        const given = { ...options, page: html }
        if (isSelfTest) return selfTest(pack ?? STARTER_PACK, given, screen, interrupted)
        if (pack === undefined) throw new CliError('cli/usage', 'Cannot judge: name the folder of a pack')
        return watch ? watchGate(pack, given, isJson, interrupted) : gate(pack, given, screen, interrupted)
      }),
    )
}
