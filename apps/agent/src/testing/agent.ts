import { fileURLToPath } from 'node:url'
import { failWith, runAgent } from '../run.ts'

/** The agent with the engine that misbehaves on command. For tests. */
await runAgent(process.argv.slice(2), fileURLToPath(new URL('./hostile-engine.ts', import.meta.url))).catch(failWith)
