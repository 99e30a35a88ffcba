import type { ApiError } from '@firebreak/api'

/** What an operator can order; `reason` is written into the verdict that everybody sees. */
export type OperatorOrder =
  | { readonly kind: 'halt'; readonly pack: string; readonly version: string; readonly reason: string }
  | { readonly kind: 'recall'; readonly pack: string; readonly version: string; readonly reason: string }

export type OrderResult =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unauthorised' }
  | { readonly kind: 'failed'; readonly message: string }

export const REASON_CHARS_MAX = 500
const ORDER_TIMEOUT_MS = 15_000

/** Sends the order and waits until the server has made it durable. Never throws, never retries. */
export async function sendOrder(token: string, order: OperatorOrder): Promise<OrderResult> {
  const body = order.kind === 'halt' ? { reason: order.reason } : { version: order.version, reason: order.reason }
  try {
    const response = await fetch(`/v1/packs/${encodeURIComponent(order.pack)}/${order.kind}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(ORDER_TIMEOUT_MS),
    })
    if (response.ok) return { kind: 'accepted' }
    if (response.status === 401 || response.status === 403) return { kind: 'unauthorised' }
    return { kind: 'failed', message: await messageOf(response) }
  } catch {
    return {
      kind: 'failed',
      message: 'The server did not answer. Whether the order arrived is not known: look at the verdicts.',
    }
  }
}

async function messageOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as ApiError
    return `${error.message} (${error.code})`
  } catch {
    return `The server answered ${response.status}.`
  }
}
