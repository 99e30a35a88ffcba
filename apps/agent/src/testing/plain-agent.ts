import { entryOf } from '../entries.ts'
import { failWith, runAgent } from '../run.ts'

// The agent as it is, for tests that plant nothing in its engine.
await runAgent(process.argv.slice(2), entryOf('engine')).catch(failWith)
