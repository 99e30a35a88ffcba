import type { WaveRecord } from './state.ts'

/**
 * The waves with which an epoch begins: within one, no host is in the control of two waves. Evidence of several waves is put together within an epoch only. If
 * somebody were in two controls, the waves would be no two draws: a control that happens to have few hosts that reboot every hour has few of them each
 * time, and the same luck would count again and again.
 *
 * @returns numbers of waves, from 1
 */
export function epochStarts(waves: readonly WaveRecord[]): readonly number[] {
  const starts: number[] = []
  let epoch: WaveRecord[] = []
  for (const wave of waves) {
    if (starts.length === 0 || epoch.some((other) => isOverlapping(wave, other))) {
      starts.push(wave.arms.wave)
      epoch = []
    }
    epoch.push(wave)
  }
  return starts
}

/** Where the controls of the current epoch in `ring` begin that are of unexposed hosts: below, nobody is taken yet. */
export function takenFrom(waves: readonly WaveRecord[], ring: string): readonly number[] {
  const start = epochStarts(waves).at(-1) ?? 1
  const taken = waves.filter((wave) => wave.ring === ring && wave.controlOf === 'unexposed' && wave.arms.wave >= start)
  return taken.map(({ arms }) => arms.control.fromPpm)
}

function isOverlapping(a: WaveRecord, b: WaveRecord): boolean {
  const [one, other] = [a.arms.control, b.arms.control]
  return a.ring === b.ring && one.fromPpm < other.toPpm && other.fromPpm < one.toPpm
}
