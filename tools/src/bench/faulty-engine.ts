import { runEngine } from '../../../apps/agent/src/engine/run-engine.ts'
import { openPipes } from '@firebreak/linux/confined'
import { confineEngine } from '@firebreak/linux/engine'

/** The engine of the agent, in its sandbox, that also fails in two ways when it is told to. Only `failover` starts it. */
process.on('SIGUSR2', () => process.abort())
process.on('SIGHUP', () => {
  throw new Error('a fault of the benchmark')
})
const { input, output } = openPipes()
confineEngine()
runEngine(input, output)
