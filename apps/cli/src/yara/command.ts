import { type Command, InvalidArgumentError, type Option } from 'commander'
import { act } from '../act.ts'
import { yaraScan, type YaraScanOptions } from './yara-scan.ts'

const NOTES = `
Runs in the same confined process as on a host. Folders are read with everything below them; links are not followed.

Exit codes: 0 all scanned, whatever was found; 1 a file was not scanned; 2 wrong usage; 3 the rules were refused (all
files of --rules, any file of --pack); 130 interrupted.`

function within(max: number): (value: string) => number {
  return (value) => {
    const number = Number(value)
    if (Number.isInteger(number) && number >= 1 && number <= max) return number
    throw new InvalidArgumentError(`1 to ${max}`)
  }
}

/** `firebreak yara scan`. */
export function addYara(root: Command, json: () => Option): void {
  root
    .command('yara')
    .description('YARA rules for files')
    .command('scan <paths...>')
    .description('scan files in the confined lane: what matched, what was not scanned and why')
    .option('--rules <dir>', 'a folder of .yar and .yara files, or one file')
    .option('--pack <dir>', 'the YARA rules of a pack')
    .option('--time-ms <ms>', 'CPU time for one file', within(600_000), 2_000)
    .option('--size-mib <mib>', 'larger files are not scanned', within(60), 16)
    .addOption(json())
    .addHelpText('after', NOTES)
    .action((paths: readonly string[], options: YaraScanOptions) =>
      act(options.json, (screen, interrupted) => yaraScan(paths, options, screen, interrupted)),
    )
}
