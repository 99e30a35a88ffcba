import { EVENT_FORMATS } from '@firebreak/event-files'
import { FORMAT_NAMES } from '@firebreak/inputs'
import { type Command, Option } from 'commander'
import { act } from '../act.ts'
import { LEVELS } from './levels.ts'
import { REPORT_FORMATS } from './report/formats.ts'
import { scan, type ScanOptions } from './scan.ts'
import { watch, type WatchOptions } from './watch.ts'

const NOTES = `
Files may be JSON lines, JSON arrays or objects one after another, CSV with a row of names, or EVTX; packed with gzip or
not. Formats are told by content. Folders are read with everything below them that has the name of an event file; - is
standard input. Without --pack, --image or --rules: the pack that ships with Firebreak.

Exit codes: 0 scanned, whatever was found; 4 found what --fail-on names; 1 a file could not be read; 2 wrong usage;
3 the pack was refused; 130 interrupted, after reporting what was found until then.

Examples:
  firebreak scan Security.evtx Sysmon.evtx --rules sigma/rules
  firebreak scan /evidence --rules sigma/rules --level high --format html --out report.html
  zcat events.jsonl.gz | firebreak scan - --product windows --format timeline`

/** `firebreak scan`. */
export function addScan(root: Command, json: () => Option): void {
  root
    .command('scan <files...>')
    .description('run rules over event files: what matched, when, where, and what no rule looked at')
    .option('--pack <dir>', 'rules: the folder of a pack (default: the pack that ships with Firebreak)')
    .option('--image <file>', 'rules: a compiled image')
    .option('--rules <dir>', 'rules: a folder of Sigma rules, or one file')
    .option('--product <name>', 'product of events that do not say theirs: windows, linux, ...')
    .option('--category <name>', 'category of events that do not say theirs: process_creation, ...')
    .option('--service <name>', 'service of events that do not say theirs: sshd, ...')
    .addOption(new Option('--input <format>', 'read every file as this').choices(EVENT_FORMATS))
    .addOption(new Option('--level <level>', 'the least level to report').choices(LEVELS).default('informational'))
    .addOption(new Option('--format <format>', 'the report (default: summary)').choices(REPORT_FORMATS))
    .option('--out <file>', 'write the report there, and the summary to standard output')
    .addOption(new Option('--fail-on <level>', 'exit with 4 when this level or a higher one was found').choices(LEVELS))
    .addOption(json())
    .addHelpText('after', NOTES)
    .action((files: readonly string[], options: ScanOptions) =>
      act(options.json, (screen, interrupted) => scan(files, options, screen, interrupted)),
    )
}

const WATCH_NOTES = `
Events are one a line, as the program that writes them prints them; - or no file is standard input, read to its end. A
file is followed as it grows, through rotation, until Ctrl-C. sigma-json is JSON whose members are Sigma's fields, with
category, product and service among them or given here. Without --pack, --image or --rules: the pack that ships with
Firebreak.

Exit codes: as of scan; 130 after Ctrl-C.

Examples:
  sudo eslogger exec create | firebreak watch --format eslogger --rules sigma/rules
  journalctl -f -o json | firebreak watch --format journald --rules sigma/rules --json
  firebreak watch /var/log/sysmon.json --format sysmon-windows --rules sigma/rules`

/** `firebreak watch`. */
export function addWatch(root: Command): void {
  root
    .command('watch [file]')
    .description('run rules over events as other programs write them: what matches, as it happens')
    .option('--pack <dir>', 'rules: the folder of a pack (default: the pack that ships with Firebreak)')
    .option('--image <file>', 'rules: a compiled image')
    .option('--rules <dir>', 'rules: a folder of Sigma rules, or one file')
    .addOption(new Option('--format <format>', 'who writes the events').choices(FORMAT_NAMES).default('sigma-json'))
    .option('--product <name>', 'of sigma-json: product of events that do not say theirs')
    .option('--category <name>', 'of sigma-json: category of events that do not say theirs')
    .option('--service <name>', 'of sigma-json: service of events that do not say theirs')
    .addOption(new Option('--level <level>', 'the least level to report').choices(LEVELS).default('informational'))
    .addOption(new Option('--fail-on <level>', 'exit with 4 when this level or a higher one was found').choices(LEVELS))
    .addOption(new Option('--json', 'a JSON line for each detection, then one with the counts').default(false))
    .addHelpText('after', WATCH_NOTES)
    .action((file: string | undefined, options: WatchOptions) =>
      act(options.json, (screen, interrupted) => watch(file ?? '-', options, screen, interrupted)),
    )
}
