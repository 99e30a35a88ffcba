import type { FleetStatus } from '@firebreak/api'
import { useDeferredValue, useMemo, useState } from 'react'
import { matchesFilter, parseFilter } from '../detection-filter.ts'
import { DETECTIONS_KEPT_MAX, type DetectionRow } from '../fleet-state.ts'
import { formatCount, formatNumberOf } from '../format.ts'
import { DetectionItem } from './detection-item.tsx'
import { Icon } from './icon.tsx'
import { Empty, Panel } from './panel.tsx'

interface Props {
  readonly rows: readonly DetectionRow[]
  readonly seen: number
  readonly rings: FleetStatus['rings']
}

/** Rows as they were when the operator began to read, and how many had arrived by then. */
interface Held {
  readonly rows: readonly DetectionRow[]
  readonly seen: number
}

/**
 * Detections as they come. The list stands still while a pointer is over it, while it is scrolled or while a row in
 * it has the focus, and for as long as the operator says: nobody can read, or click, a row that moves.
 */
export function Detections({ rows, seen, rings }: Props): React.ReactNode {
  const [query, setQuery] = useState('')
  const [held, setHeld] = useState<Held | null>(null)
  const [pausedByHand, setPausedByHand] = useState(false)
  const hold = (): void => setHeld((now) => now ?? { rows, seen })
  const release = (list: HTMLElement): void => {
    const reading = list.matches(':hover') || list.contains(document.activeElement) || list.scrollTop > 0
    if (!reading && !pausedByHand) setHeld(null)
  }
  const resume = (): void => {
    setPausedByHand(false)
    setHeld(null)
  }

  const names = useMemo(() => namesOf(rings), [rings])
  const words = useDeferredValue(parseFilterOnce(query))
  const source = held?.rows ?? rows
  const shown = useMemo(
    () => source.filter((row) => matchesFilter(row, names.get(row.host) ?? '', parseFilter(words))),
    [source, names, words],
  )
  const unseen = held ? seen - held.seen : 0
  return (
    <Panel
      title="Detections"
      className="detections"
      // The whole panel: on the way to its buttons they must not vanish.
      onPointerLeave={(event) => {
        const list = event.currentTarget.querySelector<HTMLElement>('.detection-list')
        if (list) release(list)
      }}
      note={<DetectionNote seen={seen} shown={shown.length} filtered={words !== ''} />}
      tools={
        <>
          {held !== null && (
            <button type="button" className="button small held" onClick={resume}>
              {unseen > 0 ? `${formatCount(unseen)} new` : 'Paused'}
            </button>
          )}
          <button
            type="button"
            className="icon-button"
            aria-label={pausedByHand ? 'Resume detections' : 'Pause detections'}
            title={pausedByHand ? 'Resume' : 'Pause'}
            onClick={() => {
              if (pausedByHand) return resume()
              setPausedByHand(true)
              hold()
            }}
          >
            <Icon name={pausedByHand ? 'play' : 'hold'} />
          </button>
          <label className="field search">
            <Icon name="search" />
            <span className="hidden-text">Filter detections</span>
            <input
              type="search"
              placeholder="Filter by host, rule, level, field"
              spellCheck={false}
              value={query}
              onChange={(event) => setQuery(event.target.value)}
            />
          </label>
        </>
      }
    >
      <div
        className="detection-list"
        onPointerEnter={(event) => event.pointerType === 'mouse' && hold()}
        onFocus={hold}
        onBlur={(event) => release(event.currentTarget)}
        onScroll={(event) => (event.currentTarget.scrollTop > 0 ? hold() : release(event.currentTarget))}
      >
        <ol>
          {shown.map((row) => (
            <DetectionItem key={row.key} row={row} hostName={names.get(row.host) ?? row.host} />
          ))}
        </ol>
        {shown.length === 0 && <NoRows filtered={words !== ''} />}
      </div>
    </Panel>
  )
}

/** Spaces around the words make no difference, so they cause no work. */
function parseFilterOnce(query: string): string {
  return parseFilter(query).join(' ')
}

function namesOf(rings: FleetStatus['rings']): ReadonlyMap<string, string> {
  return new Map(rings.flatMap((ring) => ring.hosts.map((host) => [host.host, host.name] as const)))
}

interface NoteProps {
  readonly seen: number
  readonly shown: number
  readonly filtered: boolean
}

function DetectionNote({ seen, shown, filtered }: NoteProps): React.ReactNode {
  if (filtered) return `${formatCount(shown)} match`
  if (seen <= DETECTIONS_KEPT_MAX) return seen === 0 ? 'live' : formatCount(seen)
  return `newest ${formatCount(DETECTIONS_KEPT_MAX)} of ${formatCount(seen)}`
}

function NoRows({ filtered }: { readonly filtered: boolean }): React.ReactNode {
  if (filtered) return <Empty title="No match">{`Of the newest ${formatNumberOf(DETECTIONS_KEPT_MAX, 'row')}.`}</Empty>
  return <Empty title="Quiet">Detections appear here the moment a host reports them.</Empty>
}
