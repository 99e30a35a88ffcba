import { readFileSync } from 'node:fs'

/** What an agent finds around itself when it starts, and what somebody may have put there to run code in it. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly execArgv: readonly string[]
  /** /etc/ld.so.preload; '' when there is none. */
  readonly preload: string
  /** /proc/self/status. */
  readonly status: string
}

/** Node's variables that are ours: they change no code. */
const OWN_VARIABLES = new Set(['NODE_NO_WARNINGS', 'NODE_COMPILE_CACHE'])
const FOREIGN_VARIABLE = /^(?:NODE_|LD_(?:PRELOAD|AUDIT|LIBRARY_PATH|DEBUG)|GCONV_PATH$|OPENSSL_CONF$|SSLKEYLOGFILE$)/
const FOREIGN_FLAG = /^(?:-r|--(?:require|import|loader|experimental-loader|inspect|env-file|experimental-config-file))/
const TRACER = /^TracerPid:\s*([1-9]\d*)$/m

/** Told by the launcher of the service: the variables that it did not hand on. */
export const SCRUBBED_VARIABLE = 'FIREBREAK_SCRUBBED'

/** The names of variables by which somebody could run code in a Node, or read what it encrypts. */
export function foreignVariables(env: Surroundings['env']): readonly string[] {
  const scrubbed = (env[SCRUBBED_VARIABLE] ?? '').split(' ').filter((name) => name !== '')
  const found = Object.keys(env).filter((name) => FOREIGN_VARIABLE.test(name) && !OWN_VARIABLES.has(name))
  return [...new Set([...found, ...scrubbed])].toSorted()
}

export function foreignFlags(execArgv: readonly string[]): readonly string[] {
  return execArgv.filter((flag) => FOREIGN_FLAG.test(flag)).map((flag) => flag.split('=', 1)[0] ?? '')
}

/** Sentences for the environment's notice; none when all is as it should be. */
export function foreignWords({ env, execArgv, preload }: Surroundings): readonly string[] {
  const [variables, flags] = [foreignVariables(env), foreignFlags(execArgv)]
  return [
    ...(variables.length > 0 ? [`Started with ${variables.join(', ')} set; no child inherits them`] : []),
    ...(flags.length > 0 ? [`Started with the flags ${flags.join(' ')}`] : []),
    ...(preload.trim() === '' ? [] : ['/etc/ld.so.preload loads a library into every process of this host']),
  ]
}

/** The pid of the process that traces this one; null: nobody does. */
export function tracerOf(status: string): number | null {
  const match = TRACER.exec(status)
  return match ? Number(match[1]) : null
}

export function readSurroundings(): Surroundings {
  return { env: process.env, execArgv: process.execArgv, preload: read('/etc/ld.so.preload'), status: readStatus() }
}

export function readStatus(): string {
  return read('/proc/self/status')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // not there, or not Linux
  }
}
