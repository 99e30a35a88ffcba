/** The order is that of the types in a CSV file's documentation; the tables of an image have their own. */
export const INDICATOR_TYPES = ['ip', 'network', 'md5', 'sha1', 'sha256', 'domain', 'url', 'filename'] as const
export type IndicatorType = (typeof INDICATOR_TYPES)[number]

/** Types whose value is text that is kept whole. */
export const NAME_TYPES = ['domain', 'url', 'filename'] as const
export type NameType = (typeof NAME_TYPES)[number]

/** Types whose value is a file's digest; of it a table keeps the leading bits. */
export const DIGEST_TYPES = ['md5', 'sha1', 'sha256'] as const
export type DigestType = (typeof DIGEST_TYPES)[number]

/** Hex digits of a whole digest. */
export const DIGEST_DIGITS: Readonly<Record<DigestType, number>> = { md5: 32, sha1: 40, sha256: 64 }

export function isIndicatorType(text: string): text is IndicatorType {
  return INDICATOR_TYPES.some((type) => type === text)
}
