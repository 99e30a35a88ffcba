/**
 * The main of the single-file executable: one program that is each of the agent's processes by its first argument, as the launcher
 * and the supervisor start them by name, and the agent's commands otherwise.
 */
import process from 'node:process'

/** Each behaves as the file of that name does in a checkout: it finds its own arguments behind the program's name. */
const PROCESSES: Readonly<Record<string, () => Promise<unknown>>> = {
  service: () => import('../service/main.ts'),
  launcher: () => import('@firebreak/linux/launcher'),
  engine: () => import('../engine/main.ts'),
  sensor: () => import('../sensor/main.ts'),
  fetcher: () => import('../fetcher/main.ts'),
  input: () => import('../input/main.ts'),
  'exec-gate': () => import('../exec-gate/main.ts'),
}

const name = process.argv[2] ?? ''
if (Object.hasOwn(PROCESSES, name)) {
  process.argv.splice(2, 1)
  await PROCESSES[name]?.()
} else {
  await import('../main.ts')
}
