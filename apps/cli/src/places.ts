import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout that this command line is part of. */
export const CODE_FOLDER: string = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

export const STARTER_PACK: string = join(CODE_FOLDER, 'content', 'linux-baseline')
export const CONSOLE_FOLDER: string = join(CODE_FOLDER, 'apps', 'console', 'dist')

/** Entries of the other apps: they are processes to start, not modules to import. */
export const ENTRY = {
  server: join(CODE_FOLDER, 'apps', 'server', 'src', 'main.ts'),
  agent: join(CODE_FOLDER, 'apps', 'agent', 'src', 'main.ts'),
  agentService: join(CODE_FOLDER, 'apps', 'agent', 'src', 'service', 'main.ts'),
  singleFileAgent: join(CODE_FOLDER, 'apps', 'agent', 'src', 'single-file', 'main.ts'),
  bench: join(CODE_FOLDER, 'tools', 'src', 'bench', 'main.ts'),
  fuzz: join(CODE_FOLDER, 'apps', 'gate', 'src', 'fuzz', 'command', 'main.ts'),
  fuzzEngine: join(CODE_FOLDER, 'tools', 'src', 'fuzz', 'main.ts'),
  simulator: join(CODE_FOLDER, 'apps', 'simulator', 'src', 'main.ts'),
  gate: join(CODE_FOLDER, 'apps', 'gate', 'src', 'main.ts'),
  drillAgent: join(CODE_FOLDER, 'apps', 'agent', 'src', 'drill', 'main.ts'),
} as const

/** Where `up` keeps everything by default: XDG Base Directory, state. */
export function defaultStateFolder(env: NodeJS.ProcessEnv): string {
  const state = env['XDG_STATE_HOME']
  return join(state !== undefined && state !== '' ? state : join(homedir(), '.local', 'state'), 'firebreak')
}

/** Where things are in a state folder made by `up` or `server init`. */
export function statePlaces(state: string) {
  return {
    keys: join(state, 'keys'),
    server: join(state, 'server'),
    policy: join(state, 'policy.json'),
    agent: join(state, 'agent'),
    /** URL and tokens for the operator's commands; mode 0600. */
    operator: join(state, 'operator.json'),
    log: join(state, 'firebreak.log'),
  } as const
}
