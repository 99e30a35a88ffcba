export { PackFolderError, type PackFolderErrorCode } from './errors.ts'
export {
  INDICATOR_FILE_SIZE_BYTES_MAX,
  isPackFolder,
  PACK_FILES_MAX,
  PACK_SIZE_BYTES_MAX,
  type PackFolder,
  readPackFolder,
  readRuleFolder,
  YARA_FILE_SIZE_BYTES_MAX,
  YAML_FILE_SIZE_BYTES_MAX,
} from './pack-folder.ts'
export { parseYaml, parseYamlDocuments, YAML_CHARS_MAX } from './yaml.ts'
