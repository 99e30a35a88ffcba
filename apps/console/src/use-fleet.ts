import { useCallback, useEffect, useReducer, useRef } from 'react'
import { backoffMs, type FleetFeed, openFleetFeed } from './fleet-feed.ts'
import { type FleetState, INITIAL_FLEET, reduceFleet } from './fleet-state.ts'

/** The fleet as `token` sees it, followed for as long as the component is mounted. */
export function useFleet(
  token: string,
  onUnauthorised: () => void,
): { readonly fleet: FleetState; readonly retryNow: () => void } {
  const [fleet, dispatch] = useReducer(reduceFleet, INITIAL_FLEET)
  const feed = useRef<FleetFeed | null>(null)
  const retryNow = useCallback(() => feed.current?.retryNow(), [])

  useEffect(() => {
    const retryDelayMs = (attempt: number): number => backoffMs(attempt, Math.random())
    const opened = openFleetFeed({ origin: '', token, dispatch, onUnauthorised, retryDelayMs })
    feed.current = opened
    addEventListener('online', opened.retryNow)
    return () => {
      removeEventListener('online', opened.retryNow)
      opened.close()
    }
  }, [token, onUnauthorised])

  return { fleet, retryNow }
}
