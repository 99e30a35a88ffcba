import { openPipes } from '@firebreak/linux/confined'
import { confineEngine } from '@firebreak/linux/engine'
import { loadYara } from '@firebreak/yara'
import { runLane } from './run-lane.ts'

// The library is read and compiled by now; rules and files come only after the door is shut.
loadYara()
const { input, output } = openPipes()
confineEngine()
runLane(input, output)
