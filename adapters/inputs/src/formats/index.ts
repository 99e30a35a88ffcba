import type { LogSource, SensorSource } from '@firebreak/content'
import type { LineReader } from '../line-reader.ts'
import { ESLOGGER_SUPPLIES, readEslogger } from './eslogger.ts'
import { JOURNALD_SUPPLIES, readJournald } from './journald.ts'
import { type PromisedSource, sigmaReader, sigmaSupplies } from './sigma-json.ts'
import { readSysmonLinux, SYSMON_LINUX_SUPPLIES } from './sysmon-linux.ts'
import { readSysmonWindows, SYSMON_WINDOWS_SUPPLIES } from './sysmon-windows.ts'

/** What the table of a format says of its lines. */
interface FixedFormat {
  readonly read: LineReader
  readonly supplies: readonly SensorSource[]
}

const FIXED = {
  'sysmon-windows': { read: readSysmonWindows, supplies: SYSMON_WINDOWS_SUPPLIES },
  'sysmon-linux': { read: readSysmonLinux, supplies: SYSMON_LINUX_SUPPLIES },
  journald: { read: readJournald, supplies: JOURNALD_SUPPLIES },
  eslogger: { read: readEslogger, supplies: ESLOGGER_SUPPLIES },
} as const satisfies Readonly<Record<string, FixedFormat>>

export type FormatName = 'sigma-json' | keyof typeof FIXED

export const FORMAT_NAMES: readonly FormatName[] = [
  'sigma-json',
  'sysmon-windows',
  'sysmon-linux',
  'journald',
  'eslogger',
]

/** A format and, of sigma-json, what whoever writes the events promises; the others supply what their table says. */
export interface InputKind {
  readonly format: FormatName
  readonly supplies: readonly PromisedSource[]
}

const UNDECLARED: LogSource = { category: null, product: null, service: null }

/** The reader of an input whose contract holds: what it does not supply, it refuses. */
export function contractedReader({ format, supplies }: InputKind): LineReader {
  if (format !== 'sigma-json') return FIXED[format].read
  const [only, ...others] = supplies
  return sigmaReader(only === undefined || others.length > 0 ? UNDECLARED : only, supplies)
}

/** The reader for events that somebody hands over, who says what they are when they don't say it themselves. */
export function openReader(format: FormatName, declared: LogSource): LineReader {
  return format === 'sigma-json' ? sigmaReader(declared, null) : FIXED[format].read
}

/** What inputs add to the contract of an engine. */
export function suppliesOf(inputs: readonly InputKind[]): readonly SensorSource[] {
  return inputs.flatMap(({ format, supplies }) =>
    format === 'sigma-json' ? sigmaSupplies(supplies) : FIXED[format].supplies,
  )
}
