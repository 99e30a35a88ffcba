import { ANY, choice, int, lengthOf, list, type Part, REST, struct, text } from '@firebreak/fuzz'
import { checksum, DECLARED, MAGIC, VERSIONS } from './reference.ts'

const LITTLE = 'little'

/** One criterion: what kind it is decides what follows. */
const CRITERION: Part = struct('criterion', [
  int('kind', 1, LITTLE, { is: 'value', among: [0, 1, 2, 3, 4, 5, 6] }),
  choice(
    'operand',
    'kind',
    new Map<number, Part>([
      [0, struct('nothing', [])],
      [1, int('equals', 4, LITTLE)],
      [2, struct('text', [int('length', 1, LITTLE, lengthOf('letters')), text('letters')])],
      [3, struct('prefix', [int('length', 1, LITTLE, lengthOf('letters')), text('letters')])],
      [4, struct('range', [int('low', 4, LITTLE), int('high', 4, LITTLE)])],
      [5, int('mask', 4, LITTLE)],
      [6, struct('group', [int('count', 1, LITTLE, { is: 'count', of: 'any' }), list('any', lazyCriterion())])],
    ]),
  ),
])

function lazyCriterion(): Part {
  return { kind: 'lazy', to: () => CRITERION }
}

const RECORD: Part = struct('record', [
  int('length', 2, LITTLE, lengthOf(REST)),
  int('id', 2, LITTLE),
  int('flags', 1, LITTLE),
  list('criteria', CRITERION, DECLARED),
])

/** The format of reference.ts, as the fuzzer's descriptor. */
export const REFERENCE_FORMAT: Part = struct('content', [
  int('magic', 4, LITTLE, { is: 'value', among: [MAGIC] }),
  int('version', 2, LITTLE, { is: 'value', among: VERSIONS }),
  int('type', 2, LITTLE, ANY),
  int('declared', 2, LITTLE, { is: 'value', among: [DECLARED] }),
  int('records', 2, LITTLE, { is: 'count', of: 'rules' }),
  int('length', 4, LITTLE, lengthOf('rules')),
  int('sum', 4, LITTLE, { is: 'checksum', of: 'rules', sum: checksum }),
  list('rules', RECORD),
])
