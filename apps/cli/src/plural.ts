/** Numbers as people read them: `1 rule`, `3,752 rules`. */
export function plural(number: number, what: string): string {
  return `${count(number)} ${what}${number === 1 ? '' : 's'}`
}

/** With a comma for each thousand. */
export function count(number: number): string {
  return number.toLocaleString('en')
}
