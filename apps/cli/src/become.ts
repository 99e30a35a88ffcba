import { CliError } from './errors.ts'

/** Becomes `entry`: same process, same terminal, its signals and its exit code. */
export function become(entry: string, args: readonly string[]): never {
  process.execve?.(process.execPath, [process.execPath, entry, ...args], { ...process.env })
  throw new CliError('cli/service', 'Cannot start: this Node.js has no process.execve')
}
