import {
  buildIndicatorTables,
  IndicatorList,
  type IndicatorTables,
  parseIndicatorFile,
  Problems,
  readIndicatorSection,
  writeIndicatorSection,
} from '@firebreak/content'
import { utf8Decode } from '@firebreak/kernel'
import { Violation } from '../oracles.ts'
import { define, oneOf } from './define.ts'
import { requireReadable } from './tree.ts'

/** A line with the file's name, then the file: lists of indicators in each of their formats. */
export const createTarget = define<IndicatorTables>({
  parse: (input) => {
    const text = utf8Decode(input)
    const end = text.indexOf('\n')
    const list = new IndicatorList()
    const problems = new Problems()
    parseIndicatorFile(text.slice(0, Math.max(0, end)), text.slice(end + 1), list, problems)
    requireReadable(problems.list())
    return buildIndicatorTables(list)
  },
  refuses: oneOf(['kernel/malformed', 'content/schema', 'content/limit']),
  fuel: { base: 4_000, each: 60 },
  bytes: { base: 65_536, each: 64 },
  describe: (tables) => writeIndicatorSection(tables).join(),
  use: (tables) => {
    const words = writeIndicatorSection(tables)
    if (writeIndicatorSection(readIndicatorSection(words)).join() !== words.join()) {
      throw new Violation('round-trip', 'a section is read as another one')
    }
  },
})
