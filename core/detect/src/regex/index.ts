export { createRegexMachine, type RegexMachine } from './machine.ts'
