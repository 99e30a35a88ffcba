/** The operator's token: in this tab only, gone when it closes, never in the address bar or the history. */
const KEY = 'firebreak-operator-token'
const TOKEN_CHARS_MAX = 4_096

/** What a token may look like; anything else could not travel in a header. */
export function isToken(text: string): boolean {
  return text.length <= TOKEN_CHARS_MAX && /^[\x21-\x7e]+$/.test(text)
}

/** The token of `#token=…`, or null. */
export function tokenOfFragment(fragment: string): string | null {
  const token = new URLSearchParams(fragment.replace(/^#/, '')).get('token')
  return token !== null && isToken(token) ? token : null
}

/** The tab's token; one in the address bar replaces it and is removed from there. */
export function takeToken(): string | null {
  const given = tokenOfFragment(location.hash)
  if (location.hash.includes('token=')) history.replaceState(null, '', location.pathname + location.search)
  if (given !== null) keepToken(given)
  return given ?? sessionStorage.getItem(KEY)
}

export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token)
}

export function dropToken(): void {
  sessionStorage.removeItem(KEY)
}
