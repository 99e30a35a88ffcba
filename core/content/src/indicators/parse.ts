import type { Position } from '../errors.ts'
import type { Problems } from '../problems.ts'
import { parseClamAv } from './parse-clamav.ts'
import { parseCsv } from './parse-csv.ts'
import { parseStix } from './parse-stix.ts'
import { parsePlainText } from './parse-text.ts'
import { INDICATOR_FILE_CHARS_MAX } from './limits.ts'
import type { IndicatorReader } from './reader.ts'
import type { IndicatorList } from './list.ts'

type Parse = (text: string, reader: IndicatorReader) => void

const FORMATS: Readonly<Record<string, Parse>> = {
  csv: parseCsv,
  txt: parsePlainText,
  json: parseStix,
  hdb: parseClamAv,
  hsb: parseClamAv,
}

/**
 * Reads one file of indicators into `list`, in the format that the file's name ends in: `.csv` (ours), `.txt` (one value
 * a line), `.json` (a STIX 2.1 bundle), `.hdb` and `.hsb` (ClamAV). What is wrong is a problem at its line; the rest of
 * the file is read all the same, up to INDICATORS_MAX.
 *
 * @param text - hostile, at most INDICATOR_FILE_CHARS_MAX
 */
export function parseIndicatorFile(file: string, text: string, list: IndicatorList, problems: Problems): void {
  const at: Position = { file, line: 1, column: 1 }
  const extension = file.slice(file.lastIndexOf('.') + 1).toLowerCase()
  const parse = Object.hasOwn(FORMATS, extension) ? FORMATS[extension] : undefined
  if (parse === undefined) {
    const known = Object.keys(FORMATS).map((one) => `.${one}`)
    problems.add('content/schema', `Cannot read indicators: expected a file that ends in ${known.join(', ')}`, at)
    return
  }
  if (text.length > INDICATOR_FILE_CHARS_MAX) {
    problems.add('content/limit', `Cannot read indicators: expected at most ${INDICATOR_FILE_CHARS_MAX} characters`, at)
    return
  }
  parse(text.startsWith('\uFEFF') ? text.slice(1) : text, { file, list, problems })
}
