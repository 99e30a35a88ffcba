import { Command, InvalidArgumentError, Option } from 'commander'
import { errorCode, errorMessage, FirebreakError } from '@firebreak/kernel'
import { up } from './commands/up.ts'
import { drill } from './drill/drill.ts'
import { EXIT, exitCodeOf } from './errors.ts'
import { defaultStateFolder, STARTER_PACK } from './places.ts'
import { openScreen, type Screen } from './screen.ts'

const EXIT_CODES = `
Exit codes: 0 ok, 1 a fault (of the machine, the network, the disk), 2 wrong usage,
3 content was refused (checks, gate, server), 130 interrupted.
With --json the last line of standard output is one JSON object; progress goes to standard error.`

interface Common {
  readonly json: boolean
  readonly state: string
}

/** What every command does around its work: a screen, Ctrl-C, one sentence on failure, an exit code. */
async function act(json: boolean, work: (screen: Screen, interrupted: AbortSignal) => Promise<void>): Promise<void> {
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort())
  const interrupted = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(new Interrupted('interrupted')), { once: true })
  })
  interrupted.catch(() => {})
  const screen = openScreen(json)
  try {
    await work(screen, abort.signal)
    process.exitCode = abort.signal.aborted ? EXIT.interrupted : EXIT.ok
  } catch (error) {
    process.exitCode = abort.signal.aborted ? EXIT.interrupted : exitCodeOf(error)
    explain(error, json)
  }
}

class Interrupted extends Error {}

/** One sentence for a person; a stack only for a bug of ours. */
function explain(error: unknown, json: boolean): void {
  const known = error instanceof FirebreakError && !error.code.endsWith('/bug')
  process.stderr.write(
    `${known ? errorMessage(error) : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  )
  if (json) {
    process.stdout.write(`${JSON.stringify({ ok: false, code: errorCode(error), message: errorMessage(error) })}\n`)
  }
}

function port(value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new InvalidArgumentError('a port is 0 to 65535')
  return number
}

export function program(): Command {
  const root = new Command('firebreak')
    .description('Security content that cannot take the fleet down: gated, signed, staged, sandboxed, recalled.')
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError('(add --help for what is possible)')
    .configureOutput({ writeErr: (text) => void process.stderr.write(text) })
  const json = () => new Option('--json', 'print one JSON object as the last line').default(false)
  const state = () =>
    new Option('--state <dir>', 'folder for keys, server and agent').default(
      defaultStateFolder(process.env),
      '$XDG_STATE_HOME/firebreak',
    )
  root
    .command('up')
    .description('start a server and an agent on this machine, and roll the starter pack out to it')
    .option('--once', 'stop after the release is confirmed and the first detection has been seen', false)
    .option('--pack <dir>', 'the pack to publish', STARTER_PACK)
    .option('--port <port>', 'port of the server on loopback; 0: any free one', port, 0)
    .addOption(state())
    .addOption(json())
    .action((options: Common & { once: boolean; pack: string; port: number }) =>
      act(options.json, (screen, interrupted) => up(options, screen, interrupted)),
    )
  root
    .command('drill')
    .description('see six bad days on nine real agents: what stops each, how fast, and how few hosts it reaches')
    .addOption(json())
    .action((options: Common) => act(options.json, (screen, interrupted) => drill(screen, interrupted)))
  return root
}
