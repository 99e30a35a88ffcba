import { useId } from 'react'

interface Props {
  readonly title: string
  readonly className: string
  /** Beside the title: a count or a short fact. */
  readonly note?: React.ReactNode
  /** At the right end of the title's line. */
  readonly tools?: React.ReactNode
  readonly onPointerLeave?: (event: React.PointerEvent<HTMLElement>) => void
  readonly children: React.ReactNode
}

/** A titled region of the page. */
export function Panel({ title, className, note, tools, onPointerLeave, children }: Props): React.ReactNode {
  const id = useId()
  return (
    <section className={`panel ${className}`} aria-labelledby={id} onPointerLeave={onPointerLeave}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {note !== undefined && <span className="panel-note">{note}</span>}
        {tools !== undefined && <div className="panel-tools">{tools}</div>}
      </header>
      {children}
    </section>
  )
}

/** What a panel says while it has nothing to list. */
export function Empty({
  title,
  children,
}: {
  readonly title: string
  readonly children: React.ReactNode
}): React.ReactNode {
  return (
    <div className="empty">
      <strong>{title}</strong>
      <p>{children}</p>
    </div>
  )
}
