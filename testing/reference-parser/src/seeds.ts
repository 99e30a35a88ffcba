import { checksum, DECLARED, HEADER_BYTES, MAGIC } from './reference.ts'

type CriterionBytes = readonly number[]

const WILDCARD: CriterionBytes = [0]

function word(value: number): readonly number[] {
  return [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]
}

function short(value: number): readonly number[] {
  return [value & 255, value >>> 8]
}

function letters(text: string): readonly number[] {
  return [text.length, ...Array.from(text, (letter) => letter.charCodeAt(0))]
}

/** Criteria of the six kinds that read their input: each holds for the value `input` of EVENT, if it is of the type. */
export function criteriaFor(value: number | string): readonly CriterionBytes[] {
  const one = typeof value === 'number' ? value : 0
  const text = typeof value === 'string' ? value : ''
  const equals = [1, ...word(one)]
  return [
    equals,
    [2, ...letters(text)],
    [3, ...letters(text.slice(0, 3))],
    [4, ...word(one), ...word(one)],
    [5, ...word(one === 0 ? 1 : one)],
    [6, 1, ...(typeof value === 'number' ? equals : [2, ...letters(text)])],
  ]
}

/** A record with criteria at some inputs and wildcards at all others. */
export function record(id: number, flags: number, criteria: ReadonlyMap<number, CriterionBytes>): readonly number[] {
  const body = [...short(id), flags]
  for (let input = 0; input < DECLARED; input++) body.push(...(criteria.get(input) ?? WILDCARD))
  return [...short(body.length), ...body]
}

export function content(version: number, type: number, records: readonly (readonly number[])[]): Uint8Array {
  const payload = records.flat()
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  bytes.set(payload, HEADER_BYTES)
  const sum = checksum(bytes, HEADER_BYTES, bytes.length)
  bytes.set([...word(MAGIC), ...short(version), ...short(type), ...short(DECLARED), ...short(records.length)])
  bytes.set([...word(payload.length), ...word(sum)], 12)
  return bytes
}

/** Content as it was shipped before that July: several records, and a wildcard for the 21st input in each. */
export const SEEDS: readonly Uint8Array[] = [
  content(1, 1, [
    record(
      1,
      0,
      new Map([
        [0, [1, ...word(1000)]],
        [1, [3, ...letters('val')]],
      ]),
    ),
    record(
      2,
      1,
      new Map([
        [2, [4, ...word(0), ...word(5000)]],
        [4, [5, ...word(1004)]],
      ]),
    ),
  ]),
  content(2, 2, [record(3, 0, new Map([[3, [6, 2, 2, ...letters('pipe'), 2, ...letters('value-3')]]]))]),
]
