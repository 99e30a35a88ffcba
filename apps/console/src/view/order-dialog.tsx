import { useState } from 'react'
import { type OperatorOrder, REASON_CHARS_MAX, sendOrder } from '../operator-api.ts'
import { Icon } from './icon.tsx'
import { Modal } from './modal.tsx'

interface Props {
  readonly order: Omit<OperatorOrder, 'reason'>
  readonly token: string
  readonly onClose: () => void
  readonly onUnauthorised: () => void
}

const CONSEQUENCES = {
  halt: 'No further host will be exposed to it. Hosts that have it keep it.',
  recall:
    'Every host that has it returns to its last known good, and none may ever run it again. This cannot be undone.',
} as const

/** Asks for the reason, sends the order, and stays open with the reason kept when the order fails. */
export function OrderDialog({ order, token, onClose, onUnauthorised }: Props): React.ReactNode {
  const [reason, setReason] = useState('')
  const [phase, setPhase] = useState<{ readonly sending: boolean; readonly problem: string }>({
    sending: false,
    problem: '',
  })
  const verb = order.kind === 'halt' ? 'Halt' : 'Recall'
  const title = `${verb} ${order.pack} ${order.version}?`

  const submit = async (): Promise<void> => {
    setPhase({ sending: true, problem: '' })
    const result = await sendOrder(token, { ...order, reason: reason.trim() })
    if (result.kind === 'accepted') onClose()
    else if (result.kind === 'unauthorised') onUnauthorised()
    else setPhase({ sending: false, problem: result.message })
  }
  return (
    <Modal className="dialog" label={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        <h2>
          <Icon name={order.kind === 'halt' ? 'stop' : 'recall'} />
          {title}
        </h2>
        <p>{CONSEQUENCES[order.kind]}</p>
        <label htmlFor="reason">Reason</label>
        <textarea
          id="reason"
          rows={3}
          required
          maxLength={REASON_CHARS_MAX}
          value={reason}
          placeholder="What was seen, and who decided"
          aria-describedby="reason-hint"
          onChange={(event) => setReason(event.target.value)}
        />
        <p id="reason-hint" className="quiet">
          Kept with the verdict, for everybody to read.
        </p>
        <p className="problem" role="alert">
          {phase.problem}
        </p>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="button danger" disabled={reason.trim() === '' || phase.sending}>
            {phase.sending ? 'Sending' : `${verb} release`}
          </button>
        </div>
      </form>
    </Modal>
  )
}
