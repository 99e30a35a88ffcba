import { Component } from 'react'
import { Icon } from './icon.tsx'

interface Props {
  readonly children: React.ReactNode
}

/** What the page shows instead of nothing when the server sends a shape that a component cannot draw. */
export class Boundary extends Component<Props, { readonly failed: boolean }> {
  override readonly state = { failed: false }

  static getDerivedStateFromError(): { readonly failed: boolean } {
    return { failed: true }
  }

  override render(): React.ReactNode {
    if (!this.state.failed) return this.props.children
    return (
      <main className="centred">
        <div className="notice-card" role="alert">
          <Icon name="stop" />
          <h1>The console cannot draw what the server sent</h1>
          <p>Server and console may be of different versions. The fleet is not affected.</p>
          <button type="button" className="button primary" onClick={() => location.reload()}>
            Load again
          </button>
        </div>
      </main>
    )
  }
}
