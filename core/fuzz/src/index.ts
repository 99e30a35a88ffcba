export type { ArmName } from './arms.ts'
export { Campaign, type CampaignOptions, createCampaign, type Omission } from './campaign.ts'
export type { CorpusEntry } from './corpus.ts'
export type { Finding } from './findings.ts'
export type { Format, Material } from './format.ts'
export { type Limits, LIMITS_DEFAULT } from './limits.ts'
export { type Keeps, minimise, type Minimised } from './minimise.ts'
export type { Progress, ProgressPoint } from './progress.ts'
export { Random } from './random.ts'
export {
  type Compared,
  type Dictionary,
  DICTIONARY_EMPTY,
  type Failure,
  type Outcome,
  type Target,
  type Trace,
} from './target.ts'
export { binaryFormat } from './binary/binary.ts'
export {
  ANY,
  bytes,
  choice,
  DOCUMENT,
  int,
  lengthOf,
  list,
  type Part,
  REST,
  type Role,
  SELF,
  struct,
  text,
} from './binary/part.ts'
export { type Document, documentFormat, type DocumentOptions } from './document/document.ts'
export { changedText } from './document/text.ts'
