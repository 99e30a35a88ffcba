import { useLayoutEffect, useRef } from 'react'

interface Props {
  readonly label: string
  readonly className: string
  readonly onClose: () => void
  readonly children: React.ReactNode
}

/** The browser's own modal dialog: it traps focus, gives it back, and closes on Escape or a click beside it. */
export function Modal({ label, className, onClose, children }: Props): React.ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  // Closed before it leaves the page, or the browser would have nowhere to give the focus back from.
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => shown?.close()
  }, [])
  return (
    <dialog
      ref={dialog}
      className={className}
      aria-label={label}
      onCancel={onClose}
      onPointerDown={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div className="modal-body">{children}</div>
    </dialog>
  )
}
