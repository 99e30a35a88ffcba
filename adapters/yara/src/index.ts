export { YaraError, type YaraErrorCode } from './errors.ts'
export {
  compileYara,
  type CompiledYara,
  loadYara,
  type ScanLimits,
  type YaraMatch,
  type YaraPattern,
  type YaraProblem,
  type YaraRules,
  type YaraScan,
  type YaraSource,
} from './yara.ts'
