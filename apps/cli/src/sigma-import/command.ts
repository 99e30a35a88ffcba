import { type Command, Option } from 'commander'
import { act } from '../act.ts'
import { importSigma, type ImportOptions } from './import.ts'

const HELP = `
Reads every .yml and .yaml file below DIR; where DIR has folders named rules*, only those. Passed over: hidden folders,
deprecated, unsupported, tests and the like. Symbolic links are reported, never followed.
Every rule that can't be taken is listed as file:line:column: reason [code]; the rest is taken, and the exit code is 0
if that is at least one (--strict: 3 if anything is refused, and nothing is written). A file is copied byte for byte,
with all its rules or not at all. Licence files of DIR go with them; import.json says what was taken and what was not.`

export function addImport(root: Command): void {
  root
    .command('import')
    .description('make a pack of the rules of others')
    .command('sigma <dir>')
    .description('make a pack of a Sigma repository; without --out: only say what could be taken, and can fire')
    .option('--out <pack>', 'folder to write, which must be empty or absent')
    .option('--name <name>', 'name of the pack (default: of the folder)')
    .addOption(new Option('--for <system>', "leave out rules that can't fire on its sensor").choices(['linux']))
    .option('--strict', 'refuse everything when anything is refused', false)
    .option('--all', 'read the folders that are passed over, too', false)
    .option('--json', 'print one JSON object as the last line', false)
    .addHelpText('after', HELP)
    .action((dir: string, options: ImportOptions & { readonly json: boolean }) =>
      act(options.json, (screen, interrupted) => importSigma(dir, options, screen, interrupted)),
    )
}
