export { compressBuild, encodeBuild, openArchive } from './archive.ts'
export {
  archivePath,
  ENGINES_FOLDER,
  indexPath,
  type KeptBuild,
  parseBuildIndex,
  printBuildIndex,
  readBuildIndex,
} from './build-index.ts'
export { BUILD_ROOTS, filesOfBuild } from './closure.ts'
export { EngineBuildError, type EngineBuildErrorCode } from './errors.ts'
export { gatherExecutions } from './gather.ts'
export {
  CHECKOUT,
  currentBuild,
  type EnginePlaces,
  type OpenedEngine,
  type OpenedEngines,
  openEngines,
} from './open-engines.ts'
export { runEngine, type RunOptions } from './run-engine.ts'
export { unpackBuild } from './unpack.ts'
