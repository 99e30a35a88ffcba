import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { Boundary } from './view/boundary.tsx'

const root = document.getElementById('console')
if (root === null) throw new Error('Cannot start the console: its page has no #console')
createRoot(root).render(
  <StrictMode>
    <Boundary>
      <App />
    </Boundary>
  </StrictMode>,
)
