import type { Command, Option } from 'commander'
import { become } from '../become.ts'
import { ENTRY } from '../places.ts'

interface SimOptions {
  readonly hosts?: string
  readonly seed?: string
  readonly html?: string
  readonly json: boolean
}

/** The simulator reads its options itself, and says what scenarios there are. */
export function addSim(root: Command, json: () => Option): void {
  root
    .command('sim [scenario]')
    .description('roll a release out to a simulated fleet with the production code; without a scenario: what there is')
    .option('--hosts <n>', 'how many (default: as the scenario says)')
    .option('--seed <n>', 'the same seed gives the same run (default: 1)')
    .option('--html <file>', 'write a page with pictures')
    .addOption(json())
    .action((scenario: string | undefined, { hosts, seed, html, json: isJson }: SimOptions) =>
      become(ENTRY.simulator, [
        ...(scenario === undefined ? [] : [scenario]),
        ...(hosts === undefined ? [] : [`--hosts=${hosts}`]),
        ...(seed === undefined ? [] : [`--seed=${seed}`]),
        ...(html === undefined ? [] : [`--html=${html}`]),
        ...(isJson ? ['--json'] : []),
      ]),
    )
}
