import { countsOf } from '@firebreak/gate'
import { CliError, EXIT, type ExitCode } from '../errors.ts'
import type { Screen } from '../screen.ts'
import { type GateOptions, runGate } from './run.ts'

/** `firebreak gate --self-test`: whether the gate still rejects what it has to, whatever it says about the pack. */
export async function selfTest(
  pack: string,
  options: GateOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  screen.step(`Proving the gate on ${pack}`)
  const { report } = await runGate(pack, options, screen, interrupted)
  if (report.selfTest === null) throw new CliError('cli/refused', `Cannot test the gate on ${pack}: it has no image`)
  const counts = countsOf(report.selfTest)
  const isBroken = counts.missed.length + counts.unnoticed.length > 0 || report.verdict === 'broken'
  screen.done(isBroken ? 'the gate is broken' : 'the gate works')
  screen.result({ ok: !isBroken, seed: report.seed, ...counts }, [
    `${counts.rejected} of ${counts.seeded} seeded faults rejected by the check that they aim at`,
    `${counts.ablationsNoticed} of ${counts.ablations} parts would be missed if they were left out`,
    `${counts.museum} past incidents, ${counts.canaries} planted bugs for the fuzzer`,
    ...counts.missed.map((id) => `missed: ${id}`),
    ...counts.unnoticed.map((id) => `nobody would notice: ${id}`),
  ])
  return isBroken ? EXIT.gateBroken : EXIT.ok
}
