/** The page of the first ATT&CK technique that the tags name. */
export function attackLink(tags: readonly string[]): { readonly helpUri?: string } {
  const technique = tags.map((tag) => /^attack\.(t\d{4})(?:\.(\d{3}))?$/i.exec(tag)).find((found) => found !== null)
  if (technique === undefined || technique === null) return {}
  const [, base = '', sub] = technique
  return { helpUri: `https://attack.mitre.org/techniques/${base.toUpperCase()}/${sub === undefined ? '' : `${sub}/`}` }
}
