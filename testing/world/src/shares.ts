/** What `partOf` takes: for each part the sum of the shares up to it. */
export function cumulative(parts: readonly { readonly sharePpm: number }[]): readonly number[] {
  let sum = 0
  return parts.map(({ sharePpm }) => (sum += sharePpm))
}
