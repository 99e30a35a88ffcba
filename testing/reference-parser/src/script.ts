import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'

const SOURCE = new URL('./reference.ts', import.meta.url)

/** The text of reference.ts as a CommonJS script: it imports nothing, so there is nothing to bundle. */
export function referenceScript(): string {
  const text = stripTypeScriptTypes(readFileSync(SOURCE, 'utf8'))
  const names = [...text.matchAll(/^export (?:function|class|const) (\w+)/gm)].map(([, name = '']) => name)
  return `'use strict'\n${text.replaceAll(/^export /gm, '')}\nmodule.exports = { ${names.join(', ')} }\n`
}
