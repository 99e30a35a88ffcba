import type { InputKind } from '@firebreak/inputs'
import { openPipes } from '@firebreak/linux/confined'
import { confineEngine } from '@firebreak/linux/engine'
import { runEngine } from './run-engine.ts'

/** What inputs of this host supply besides its sensor: our own supervisor's words. */
const inputs = JSON.parse(process.argv[2] ?? '[]') as readonly InputKind[]
const { input, output } = openPipes()
// Everything this process will ever need is imported and open by now; content comes only after the door is shut.
confineEngine()
runEngine(input, output, {}, inputs)
