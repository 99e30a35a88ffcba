import { fileURLToPath } from 'node:url'
import { failWith, runAgent } from '../run.ts'

/** The drill's agent: `firebreak agent run`, but for the engine with the planted fault. */
await runAgent(process.argv.slice(2), fileURLToPath(new URL('./engine.ts', import.meta.url))).catch(failWith)
