import { posix } from 'node:path'
import { layerOf, type Package, type Repository } from './repository.ts'

export const FILE_LINES_MAX = 400
const MAP = 'docs/ARCHITECTURE.md'
const DECISION = /^docs\/adr\/\d{4}-[\w-]+\.md$/

/** What a newcomer counts on: short files, a README and an entry in each package, and every decision on the map. */
export function checkTidiness(repository: Repository): readonly string[] {
  const { modules, packages, texts } = repository
  const map = texts.get(MAP) ?? ''
  return [
    ...modules
      .filter(({ lines }) => lines > FILE_LINES_MAX)
      .map(({ path, lines }) => `${path}: ${lines} lines, at most ${FILE_LINES_MAX}`),
    ...packages.filter(({ folder }) => layerOf(folder) !== null).flatMap((one) => checkPackage(repository, one)),
    ...[...texts.keys()]
      .filter((path) => DECISION.test(path) && !map.includes(path.slice('docs/'.length)))
      .map((path) => `${path}: not linked from ${MAP}`),
  ]
}

function checkPackage({ modules, texts }: Repository, { folder, exports }: Package): readonly string[] {
  const has = (path: string): boolean => modules.some((module) => module.path === path)
  const layer = layerOf(folder)
  const entries = layer === 'apps' ? ['main.ts', 'main.tsx'] : ['index.ts']
  const needsEntry = layer === 'core' || layer === 'adapters' || layer === 'apps'
  return [
    ...(texts.has(`${folder}/README.md`) ? [] : [`${folder}: no README.md`]),
    ...(!needsEntry || entries.some((entry) => has(`${folder}/src/${entry}`))
      ? []
      : [`${folder}: no src/${entries.join(' or ')}`]),
    ...Object.values(exports)
      .filter((target) => !has(posix.join(folder, target)))
      .map((target) => `${folder}: exports ${target}, which is not there`),
  ]
}
