import { openPipes } from '@firebreak/linux/confined'
import { confineEngine } from '@firebreak/linux/engine'
import { runEngine } from '../engine/run-engine.ts'

/**
 * The drill's engine: the real one, with one planted fault. Content whose rules fire on this event kills the process that
 * activates it. `firebreak agent` never starts this file.
 */
const FATAL_EVENT = {
  category: 'process_creation',
  product: 'linux',
  timeMs: 0,
  fields: { Image: '/firebreak-drill/kill-the-engine' },
} as const

const { input, output } = openPipes()
confineEngine()
runEngine(input, output, {
  onActivate(engine) {
    if (engine.evaluate(FATAL_EVENT).length > 0) process.abort()
  },
})
