import { openPipes } from '@firebreak/linux/confined'
import { confineEngine } from '@firebreak/linux/engine'
import { runEngine } from './run-engine.ts'

// Everything this process will ever need is imported and open by now; content comes only after the door is shut.
const { input, output } = openPipes()
confineEngine()
runEngine(input, output)
