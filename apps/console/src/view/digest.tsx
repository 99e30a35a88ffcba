import { useEffect, useState } from 'react'
import { shortDigest } from '../format.ts'
import { Icon } from './icon.tsx'

const COPIED_SHOWN_MS = 1_500

/** A digest, short; the button copies all of it. */
export function Digest({ of, what }: { readonly of: string; readonly what: string }): React.ReactNode {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return undefined
    const timer = setTimeout(() => setCopied(false), COPIED_SHOWN_MS)
    return () => clearTimeout(timer)
  }, [copied])

  const copy = (): void => {
    navigator.clipboard.writeText(of).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <span className="digest" title={of}>
      <code>{shortDigest(of)}</code>
      <button
        type="button"
        className="icon-button"
        onClick={copy}
        aria-label={copied ? `${what} copied` : `Copy ${what} ${shortDigest(of)}`}
      >
        <Icon name={copied ? 'done' : 'copy'} />
      </button>
    </span>
  )
}
