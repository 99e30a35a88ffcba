import { reach } from './graph.ts'
import { HOST_PROCESSES } from './import-table.ts'
import type { Repository } from './repository.ts'

/** Each process of a host loads what it is for, and nothing that came from elsewhere. */
export function checkProcesses(repository: Repository): readonly string[] {
  const paths = new Set(repository.modules.map(({ path }) => path))
  return Object.entries(HOST_PROCESSES).flatMap(([process, { entry, never, packages = [] }]) => {
    if (!paths.has(entry)) return [`${entry}: missing, the entry of the ${process}`]
    const atOnce = reach(repository, entry, false)
    const known = (name: string): boolean => name.startsWith('node:') || paths.has(name) || packages.includes(name)
    const foreign = reach(repository, entry, true).filter(({ name }) => !known(name))
    const forbidden = never.flatMap((one) => atOnce.find(({ name }) => isPartOf(repository, name, one)) ?? [])
    return [...foreign, ...forbidden].map(({ by, name }) => `the ${process} reaches ${[...by, name].join(' -> ')}`)
  })
}

/** @param whole - a package, a folder that ends in a slash, or a single file or module */
function isPartOf({ packages }: Repository, name: string, whole: string): boolean {
  const folder = packages.find((known) => known.name === whole)?.folder
  if (folder !== undefined) return name.startsWith(`${folder}/`)
  return whole.endsWith('/') ? name.startsWith(whole) : name === whole
}
