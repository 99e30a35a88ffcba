import { readScenario, scenarioNames } from './scenarios.ts'

for (const name of scenarioNames()) process.stdout.write(`${name}  ${readScenario(name).title}\n`)
