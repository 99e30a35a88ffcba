import { KernelError, utf8Decode } from '@firebreak/kernel'
import { ContentError } from '../errors.ts'
import { REGEXES_MAX, YARA_FILE_BYTES_MAX, YARA_FILES_MAX } from '../limits.ts'
import { verifyRegex } from '../regex/index.ts'
import { wordRuns } from './runs.ts'
import { refuseWord, type Section, word } from './sections.ts'
import type { YaraSource } from './tables.ts'

/** Every program is one that runs in linear time; the programs cover the section. */
export function verifyRegexes(section: Section): readonly Uint32Array[] {
  const count = verifyOffsets(section, REGEXES_MAX, (first) => section.words.length - first)
  const programs = wordRuns(section.words)
  let at = count + 2
  for (const program of programs) {
    try {
      verifyRegex(program)
    } catch (error) {
      if (!(error instanceof ContentError)) throw error
      throw refuseWord(section, at, error.message, error)
    }
    at += program.length
  }
  return programs
}

/** Pairs of a file's name and its text, in strict UTF-8. What YARA makes of them is for the sandbox to find out. */
export function verifyYara(section: Section): readonly YaraSource[] {
  const count = verifyOffsets(section, 2 * YARA_FILES_MAX, (first) => 4 * (section.words.length - first))
  const first = count + 2
  const { buffer, byteOffset } = section.words
  const texts: string[] = []
  for (let i = 0; i < count; i++) {
    const from = word(section, i + 1)
    const length = word(section, i + 2) - from
    if (length > YARA_FILE_BYTES_MAX) throw refuseWord(section, i + 1, `more than ${YARA_FILE_BYTES_MAX} bytes`)
    texts.push(decode(section, i, new Uint8Array(buffer, byteOffset + 4 * first + from, length)))
  }
  if (count % 2 !== 0) throw refuseWord(section, 0, 'a name without a text')
  return Array.from({ length: count / 2 }, (_, i) => ({ name: texts[2 * i] ?? '', text: texts[2 * i + 1] ?? '' }))
}

/** Count, count + 1 offsets from 0 upwards, which end where the items do (in bytes: in its last word). Returns the count. */
function verifyOffsets(section: Section, countMax: number, sizeBehind: (first: number) => number): number {
  const count = word(section, 0)
  const first = count + 2
  if (!(count <= countMax && first <= section.words.length)) throw refuseWord(section, 0, `no room for ${count} items`)
  const size = sizeBehind(first)
  const slack = size - word(section, count + 1)
  if (word(section, 1) !== 0 || !(slack >= 0 && slack < 4) || (slack > 0 && size === section.words.length - first)) {
    throw refuseWord(section, 1, 'the offsets do not cover the items')
  }
  for (let i = 1; i <= count; i++) {
    if (!(word(section, i) <= word(section, i + 1))) throw refuseWord(section, i + 1, 'an item ends outside')
  }
  return count
}

function decode(section: Section, i: number, bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes)
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw refuseWord(section, i + 1, 'not UTF-8', error)
  }
}
