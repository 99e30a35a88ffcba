import { useCallback, useEffect, useState } from 'react'
import { dropToken, keepToken, takeToken } from './session.ts'
import { FleetPage } from './view/fleet-page.tsx'
import { SignIn, type SignInNotice } from './view/sign-in.tsx'

/** Holds the operator's session: without a token the form, with one the fleet. */
export function App(): React.ReactNode {
  const [token, setToken] = useState(takeToken)
  const [notice, setNotice] = useState<SignInNotice>('none')

  const leave = useCallback((why: SignInNotice) => {
    dropToken()
    setNotice(why)
    setToken(null)
  }, [])
  const onUnauthorised = useCallback(() => leave('refused'), [leave])
  const onSignOut = useCallback(() => leave('none'), [leave])

  useEffect(() => {
    const take = (): void => {
      if (location.hash.includes('token=')) setToken(takeToken())
    }
    addEventListener('hashchange', take)
    return () => removeEventListener('hashchange', take)
  }, [])

  if (token === null) {
    const onToken = (given: string): void => {
      keepToken(given)
      setToken(given)
    }
    return <SignIn notice={notice} onToken={onToken} />
  }
  return <FleetPage key={token} token={token} onUnauthorised={onUnauthorised} onSignOut={onSignOut} />
}
