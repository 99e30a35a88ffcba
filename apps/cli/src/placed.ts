import type { Diagnostic, SigmaRule } from '@firebreak/content'
import { printable } from './screen.ts'

export const LINE_CHARS_MAX = 1_000

/** A problem of a reader, or what a check found at a place. */
type Placed = Pick<Diagnostic, 'at' | 'message'> & { readonly code: string }

/** `file:line:column: what is wrong [code]`. Names of files are as hostile as what is in them. */
export function placed({ at, code, message }: Placed): string {
  return printable(`${at.file}:${at.line}:${at.column}: ${message} [${code}]`, LINE_CHARS_MAX)
}

export function ruleAt({ at }: SigmaRule): string {
  return printable(`${at.file}:${at.line}:${at.column}`)
}
