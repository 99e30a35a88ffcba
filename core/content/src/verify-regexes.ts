import { ContentError } from './errors.ts'
import { refuseWord, type Section, word } from './image-sections.ts'
import { REGEXES_MAX } from './limits.ts'
import { verifyRegex } from './regex/index.ts'

/** Every program is one that runs in linear time; the programs cover the section. A regex section is never empty. */
export function verifyRegexes(section: Section): readonly Uint32Array[] {
  const count = word(section, 0)
  const first = count + 2
  if (!(count <= REGEXES_MAX && first <= section.words.length)) {
    throw refuseWord(section, 0, `no room for ${count} programs`)
  }
  if (word(section, 1) !== 0 || word(section, count + 1) !== section.words.length - first) {
    throw refuseWord(section, 1, 'the offsets do not cover the programs')
  }
  const programs: Uint32Array[] = []
  for (let i = 0; i < count; i++) {
    const from = first + word(section, i + 1)
    const to = first + word(section, i + 2)
    if (!(from < to && to <= section.words.length)) throw refuseWord(section, i + 2, `program ${i} ends outside`)
    programs.push(verifyProgram(section, from, to))
  }
  return programs
}

function verifyProgram(section: Section, from: number, to: number): Uint32Array {
  const program = section.words.subarray(from, to)
  try {
    verifyRegex(program)
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    throw refuseWord(section, from, error.message, error)
  }
  return program
}
