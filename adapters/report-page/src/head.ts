import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { escapeHtml } from './escape.ts'

/** Colours, fonts and boxes that reports share, light and dark. */
export const BASE_STYLE = readFileSync(join(import.meta.dirname, 'base.css'), 'utf8')

/** What a page is made of beside its body. */
export interface PageHead {
  /** Text, whatever it holds. */
  readonly title: string
  readonly style: string
  /** The only one that may run; to be written by the caller, letter by letter the same. Null: none runs. */
  readonly script: string | null
}

/**
 * Everything up to the body of a page that stands alone: it asks for nothing, and its policy (CSP Level 3, by digests) lets the browser
 * run and style with nothing but what is given here.
 */
export function headOf({ title, style, script }: PageHead): string {
  const policy = [
    "default-src 'none'",
    `style-src '${digestOf(style)}'`,
    ...(script === null ? [] : [`script-src '${digestOf(script)}'`]),
    "base-uri 'none'",
    "form-action 'none'",
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy.join('; ')}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
`
}

function digestOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
