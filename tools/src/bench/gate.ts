import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type BenchOptions, type Figures, firstLine, progress } from './measure.ts'

const SUITE = fileURLToPath(new URL('../../../apps/simulator/src/gate/main.ts', import.meta.url))

/**
 * Rollout policies, ours and other products', on the same thousands of simulated rollouts: how many faulty ones each stops in time, how many
 * healthy ones for nothing, and how many hosts are harmed. docs/rollout-gates.md says what is played, and how to add to it.
 */
export async function gate({ quick }: BenchOptions): Promise<Figures> {
  progress('28 ways to fail and 6 to be healthy, on 100,000 hosts each')
  const child = spawn(process.execPath, [SUITE, ...(quick ? ['--quick'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const figures = (await firstLine(child)) as Figures | undefined
  if ((await ended) !== 0 || figures === undefined) throw new Error('the suite did not end well')
  return figures
}
