import { readFileSync } from 'node:fs'
import { LinuxError } from '../errors.ts'

const FOLDER = '/sys/devices/system/cpu'

/**
 * How many CPUs there could ever be: per-CPU maps have a value for each.
 *
 * @throws LinuxError linux/sensor-unavailable
 */
export function possibleCpuCount(): number {
  return Math.max(...readCpus('possible')) + 1
}

/**
 * The number of a CPU that runs.
 *
 * @throws LinuxError linux/sensor-unavailable
 */
export function onlineCpu(): number {
  return Math.min(...readCpus('online'))
}

function readCpus(file: 'possible' | 'online'): readonly number[] {
  let text: string
  try {
    text = readFileSync(`${FOLDER}/${file}`, 'latin1')
  } catch (cause) {
    throw new LinuxError('linux/sensor-unavailable', 'Cannot use BPF: there is no readable /sys', {}, cause)
  }
  return parseCpus(text)
}

/**
 * The ends of the ranges of a list of CPUs: `0-3,8`. The kernel writes as many counters as there are CPUs into our memory,
 * so a list that can't be read is none.
 *
 * @throws LinuxError linux/sensor-unavailable
 */
export function parseCpus(text: string): readonly number[] {
  if (/^\d{1,5}(?:[-,]\d{1,5})*\n?$/.test(text)) return text.split(/[-,]/).map(Number)
  throw new LinuxError('linux/sensor-unavailable', 'Cannot use BPF: /sys does not tell the number of CPUs')
}
