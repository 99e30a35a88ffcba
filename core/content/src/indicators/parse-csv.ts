import type { Position } from '../errors.ts'
import { refang } from './normal-form.ts'
import { addIndicator, eachLine, type IndicatorReader, problem } from './reader.ts'
import { INDICATOR_TYPES, isIndicatorType } from './types.ts'

const HEADER = 'type,value,description'

/** CSV (RFC 4180, without line breaks in quotes) under the header `type,value,description`. */
export function parseCsv(text: string, reader: IndicatorReader): void {
  const [header = ''] = text.slice(0, HEADER.length + 2).split(/\r?\n/, 1)
  if (header !== HEADER) {
    return problem(reader, 'content/schema', `expected the header ${HEADER}`, { file: reader.file, line: 1, column: 1 })
  }
  eachLine(text, reader, (line, at) => {
    if (at.line > 1) parseRow(line, reader, at)
  })
}

function parseRow(line: string, reader: IndicatorReader, at: Position): void {
  const cells = line.includes('"') ? splitQuoted(line) : line.split(',')
  const [type = '', value = '', description = ''] = cells ?? []
  if (cells?.length !== 3) return problem(reader, 'content/schema', `expected three values: ${HEADER}`, at)
  if (!isIndicatorType(type)) {
    const found = JSON.stringify(type.slice(0, 40))
    return problem(reader, 'content/schema', `expected type ${INDICATOR_TYPES.join(', ')}, found ${found}`, at)
  }
  const isNetwork = type === 'ip' || type === 'network' || type === 'domain' || type === 'url'
  const valueAt = { ...at, column: type.length + 2 }
  addIndicator(reader, type, isNetwork ? refang(value) : value, description, valueAt)
}

/** Null when a quote does not end. */
function splitQuoted(line: string): readonly string[] | null {
  const cells: string[] = []
  const cell = /"((?:[^"]|"")*)"|([^,"]*)/y
  for (let at = 0; ;) {
    cell.lastIndex = at
    const match = cell.exec(line)
    if (match === null) return null
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    at += match[0].length
    if (at === line.length) return cells
    if (line.charAt(at) !== ',') return null
    at++
  }
}
