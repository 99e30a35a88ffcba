import { createContext, useContext, useSyncExternalStore } from 'react'

const TICK_MS = 1_000

let nowMs = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** One timer for every relative time on the page, and none while nothing shows one. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

function tick(): void {
  nowMs = Date.now()
  for (const listener of listeners) listener()
}

/** This machine's time, renewed every second. */
export function useNowMs(): number {
  return useSyncExternalStore(subscribe, () => nowMs)
}

/** Server clock minus this machine's: the operator's own clock may be wrong, and nothing on the page depends on it. */
export const ClockSkew: React.Context<number> = createContext(0)

/** The server's time, renewed every second. */
export function useServerNowMs(): number {
  return useNowMs() + useContext(ClockSkew)
}
