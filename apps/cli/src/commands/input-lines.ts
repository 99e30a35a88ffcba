import { plural } from '../plural.ts'
import { printable } from '../screen.ts'

/** Of one input, as an agent writes it to its status. */
export interface InputReport {
  readonly name: string
  readonly format: string
  readonly source: string
  readonly events: number
  /** Lines that were no events, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** What happened to its file. */
  readonly file: Readonly<Record<string, number>>
  readonly fault: string | null
  readonly isEnded: boolean
}

/** A line for each: what it brought, what it could make nothing of, and why it stands still. */
export function inputLines(inputs: readonly InputReport[]): readonly string[] {
  return inputs.map(({ name, format, source, events, refused, file, fault, isEnded }) => {
    const counted = Object.entries({ ...refused, ...file }).filter(([, count]) => count > 0)
    const parts = [
      plural(events, 'event'),
      ...counted.map(([what, count]) => `${count} ${what}`),
      ...(isEnded ? ['ended'] : []),
      ...(fault === null ? [] : [printable(fault)]),
    ]
    return `input:      ${name}, ${format} from ${source}: ${parts.join(', ')}`
  })
}
