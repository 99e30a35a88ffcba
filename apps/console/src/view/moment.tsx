import { useServerNowMs } from '../clock.ts'
import { formatAge, formatClock, formatMoment, isoOf } from '../format.ts'

/** '7 s ago', with the exact time at hand. */
export function Age({ atMs }: { readonly atMs: number }): React.ReactNode {
  const nowMs = useServerNowMs()
  return (
    <time className="moment" dateTime={isoOf(atMs)} title={formatMoment(atMs)}>
      {formatAge(atMs, nowMs)}
    </time>
  )
}

/** '14:03:07' of the server's clock, in UTC. */
export function Clock({ atMs }: { readonly atMs: number }): React.ReactNode {
  return (
    <time className="moment" dateTime={isoOf(atMs)} title={formatMoment(atMs)}>
      {formatClock(atMs)}
    </time>
  )
}
