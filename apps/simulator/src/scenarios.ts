import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseScenario, type Scenario } from '@firebreak/world'

const FOLDER = fileURLToPath(new URL('../scenarios', import.meta.url))
const SUFFIX = '.json'

/** The names of all scenario files, sorted. */
export function scenarioNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .toSorted()
}

/** @throws KernelError kernel/malformed */
export function readScenario(name: string): Scenario {
  return parseScenario(readFileSync(`${FOLDER}/${name}${SUFFIX}`), name)
}
