import type { IndicatorTables } from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import { utf8Encode } from '@firebreak/kernel'
import { rule } from '../gate-fixture.ts'
import { imageOf } from './diff-fixture.ts'

export const OTHER_DIGESTS: readonly string[] = Array.from({ length: 201 }, (_, n) => sha256Hex(utf8Encode(`${n}`)))

/** @param rows - `type,value` */
export function tablesOf(rows: readonly string[]): IndicatorTables {
  const indicators = rows.map((row) => `${row},Bad\n`).join('')
  return imageOf([rule(1, { Image: '/x' })], { indicators }).tables.indicators
}
