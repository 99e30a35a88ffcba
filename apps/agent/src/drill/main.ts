import { fileURLToPath } from 'node:url'
import { failWith, runAgent } from '../run.ts'

/** The drill's agent: `firebreak agent run`, but for the engine with the planted fault. */
const [, ...args] = process.argv.slice(2) // `run`, as to the agent's main
await runAgent(args, fileURLToPath(new URL('./engine.ts', import.meta.url))).catch(failWith)
