import type { Position } from '../errors.ts'
import { addIndicator, eachLine, type IndicatorReader, problem } from './reader.ts'

/**
 * ClamAV's digest lists: `digest:size:name`, in newer ones two numbers of engine levels behind. The size is not
 * compared: it follows from the digest.
 *
 * @see https://docs.clamav.net/manual/Signatures/HashSignatures.html
 */
export function parseClamAv(text: string, reader: IndicatorReader): void {
  eachLine(text, reader, (line, at) => {
    if (!line.startsWith('#')) parseSignature(line, reader, at)
  })
}

function parseSignature(line: string, reader: IndicatorReader, at: Position): void {
  const [, digest = '', name = ''] = /^([^:]*):(?:\d{1,20}|\*):([^:]+)(?::\d{1,5}){0,2}$/.exec(line) ?? []
  const type = digest.length === 32 ? 'md5' : digest.length === 40 ? 'sha1' : 'sha256'
  if (name === '') return problem(reader, 'content/schema', 'expected digest:size:name', at)
  addIndicator(reader, type, digest, name, at)
}
