import { useState } from 'react'
import { isToken } from '../session.ts'
import { Icon, Mark } from './icon.tsx'

export type SignInNotice = 'none' | 'refused'

interface Props {
  readonly notice: SignInNotice
  readonly onToken: (token: string) => void
}

export function SignIn({ notice, onToken }: Props): React.ReactNode {
  const [text, setText] = useState('')
  const [problem, setProblem] = useState(notice === 'refused' ? 'The server does not accept this token.' : '')

  const submit = (event: React.FormEvent): void => {
    event.preventDefault()
    const token = text.trim()
    if (isToken(token)) onToken(token)
    else setProblem('A token has no spaces and no special characters.')
  }
  return (
    <main className="centred">
      <form className="sign-in" onSubmit={submit}>
        <div className="brand">
          <Mark />
          <span>Firebreak</span>
        </div>
        <h1>Operator access</h1>
        <p>
          The console opens by itself from the address that <code>firebreak up</code> prints. Otherwise, paste the
          operator token here; it stays in this tab.
        </p>
        <label htmlFor="token">Operator token</label>
        <div className="field">
          <Icon name="key" />
          <input
            id="token"
            name="token"
            type="password"
            autoComplete="off"
            spellCheck={false}
            autoFocus
            required
            value={text}
            aria-invalid={problem !== ''}
            aria-describedby="token-problem"
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <p id="token-problem" className="problem" role="alert">
          {problem}
        </p>
        <button type="submit" className="button primary" disabled={text.trim() === ''}>
          Open the console
        </button>
      </form>
    </main>
  )
}
