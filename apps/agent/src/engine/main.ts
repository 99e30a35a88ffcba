import { confineEngine, openPipes } from '@firebreak/linux'
import { runEngine } from './run-engine.ts'

// Everything this process will ever need is imported and open by now; content comes only after the door is shut.
const { input, output } = openPipes()
confineEngine()
runEngine(input, output)
