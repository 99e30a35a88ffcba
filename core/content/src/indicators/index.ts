export { formatIpv4, formatIpv6, hexDigit, parseAddress, prefixMask } from './address.ts'
export { buildIndicatorTables } from './build.ts'
export { INDICATOR_FIELDS, type IndicatorLookup, indicatorLookups } from './fields.ts'
export {
  INDICATOR_DESCRIPTION_BYTES_MAX,
  INDICATOR_FILE_CHARS_MAX,
  INDICATOR_TEXT_BYTES_MAX,
  INDICATOR_VALUE_BYTES_MAX,
  INDICATORS_MAX,
} from './limits.ts'
export { IndicatorList, type Refusal } from './list.ts'
export { parseIndicatorFile } from './parse.ts'
export {
  addressTableOf,
  comparePoolTexts,
  compareRows,
  digestTableOf,
  hasNames,
  type IndicatorRows,
  keyBits,
  keyWordsOf,
  nameHashes,
  nameTableOf,
  rowsOf,
} from './rows.ts'
export { joined, poolColumns, writeIndicatorSection } from './section.ts'
export { SectionReader } from './section-reader.ts'
export {
  ADDRESS_WORDS,
  type AddressTable,
  bucketBits,
  descriptionNumber,
  type DescriptionNumbers,
  descriptionWords,
  DIGEST_WORDS,
  type DigestTable,
  INDICATOR_TABLES,
  type IndicatorDetails,
  type IndicatorTableName,
  type IndicatorTables,
  isWide,
  LINK_PREFIX_BITS,
  NAME_HASH_START,
  nameHashEnd,
  nameHashStep,
  type NameTable,
  NO_PARENT,
  packDescriptions,
  tableCount,
  type TextPool,
  unpackDescriptions,
} from './tables.ts'
export { DIGEST_DIGITS, type DigestType, INDICATOR_TYPES, type IndicatorType, type NameType } from './types.ts'
export { readIndicatorSection } from './verify.ts'
