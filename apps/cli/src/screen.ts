import { styleText } from 'node:util'

/**
 * What a person sees, on standard error, and what a program reads: one JSON object as the last line of standard output.
 * Colours only on a terminal (and as NO_COLOR says).
 */
export interface Screen {
  /** A step begins: what is being done. */
  step(text: string): void
  /** Something worth knowing within a step. */
  note(text: string): void
  /** The step that began last is done. */
  done(text?: string): void
  warn(text: string): void
  /** The end: `object` for programs, `lines` for people. */
  result(object: Readonly<Record<string, unknown>>, lines: readonly string[]): void
}

type Style = Parameters<typeof styleText>[0]

export function openScreen(json: boolean): Screen {
  const paint = (style: Style, text: string) => styleText(style, text, { stream: process.stderr })
  let startedAt = performance.now()
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  return {
    step(text) {
      startedAt = performance.now()
      say(`${paint('cyan', '▸')} ${text}`)
    },
    note: (text) => say(`    ${text}`),
    done(text = 'done') {
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      say(`  ${paint('green', '✓')} ${text} ${paint('dim', `${seconds} s`)}`)
    },
    warn: (text) => say(`  ${paint('yellow', '!')} ${text}`),
    result(object, lines) {
      if (json) process.stdout.write(`${JSON.stringify(object)}\n`)
      else for (const line of lines) process.stdout.write(`${line}\n`)
    },
  }
}

export function paintOut(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

const SHOWN_CHARS_MAX = 200

/** Command lines and host names are hostile: no control character of theirs reaches the terminal. */
export function printable(text: string, charsMax: number = SHOWN_CHARS_MAX): string {
  return text.slice(0, charsMax).replaceAll(/[\p{Cc}\p{Cf}]/gu, '\u{FFFD}')
}
