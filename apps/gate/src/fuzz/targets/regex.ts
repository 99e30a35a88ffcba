import { compileRegex, regexCost, type RegexFlags, verifyRegex } from '@firebreak/content'
import { createRegexMachine } from '@firebreak/detect'
import { utf8Decode, utf8Encode } from '@firebreak/kernel'
import { Violation } from '../oracles.ts'
import { define, oneOf } from './define.ts'

const TEXTS = [
  '',
  'a',
  'svc-abc12 Xy',
  'x'.repeat(40),
  'aaaaaaaaaaaaab',
  'CURL http://\u00e9\u{1f525}/\n\r\t_0',
  '\ud7ff\u017f\u212a',
]
  .map(utf8Encode)
  .concat([Uint8Array.of(0xff, 0xc2, 0x61, 0xe2, 0x82)])

interface Compiled {
  readonly program: Uint32Array
}

/** `FLAGS/PATTERN`: regular expressions as rules have them, their programs and the machine that runs them. */
export const createTarget = define<Compiled>({
  parse: (input) => {
    const [, flags = '', pattern = ''] = /^([ims]*)\/([^]*)$/.exec(utf8Decode(input)) ?? ['', '', utf8Decode(input)]
    return { program: compileRegex(pattern, flagsOf(flags)) }
  },
  refuses: oneOf(['kernel/malformed', 'content/regex-syntax', 'content/regex-unsupported', 'content/regex-too-large']),
  // Repetitions multiply, up to REGEX_VISITS_MAX: a bound in the length alone would be of no use below it.
  fuel: { base: 20_000_000, each: 1_000 },
  bytes: { base: 20_000_000, each: 1_000 },
  describe: ({ program }) => program.join(),
  use: ({ program }) => {
    verifyRegex(program)
    const cost = regexCost(program)
    if (!(cost > 0)) throw new Violation('disagreement', 'a program that costs nothing')
    const machines = [createRegexMachine(program), createRegexMachine(program, 0)]
    for (const text of TEXTS) {
      const [cached, plain] = machines.map((one) => one.matches(text, 0, text.length))
      if (cached !== plain) throw new Violation('disagreement', 'with a cache it matches otherwise')
    }
  },
})

function flagsOf(letters: string): RegexFlags {
  return { ignoreCase: letters.includes('i'), multiline: letters.includes('m'), dotAll: letters.includes('s') }
}
