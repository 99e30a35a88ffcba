import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import { CliError } from '../errors.ts'
import { SYSTEMD_IS_THERE } from './places.ts'

/** Has the running systemd read the units again. Nothing to do in an image, or where another manager runs. */
export async function reloadSystemd(sysroot: string): Promise<void> {
  if (sysroot !== '/' || !(await isSystemdRunning())) return
  const child = spawn('systemctl', ['daemon-reload'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const code = await new Promise<number | null>((settle) => {
    child.once('error', () => settle(null))
    child.once('exit', settle)
  })
  if (code !== 0) throw new CliError('cli/service', 'Cannot have systemd read its units: run `systemctl daemon-reload`')
}

export async function isSystemdRunning(): Promise<boolean> {
  return access(SYSTEMD_IS_THERE).then(
    () => true,
    () => false,
  )
}
