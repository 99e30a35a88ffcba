import { runGate } from './run-gate.ts'

runGate(process.argv[2] ?? '')
