import type { IndicatorTables } from './tables.ts'

/** How the value of an event's field is compared with indicators. */
export type IndicatorLookup = 'address' | 'digest' | 'digests' | 'domain' | 'url' | 'filename'

/**
 * The fields that indicators are compared with, in events of any log source: the names of Sigma's taxonomy and of
 * Sysmon, Security, Defender, auditd, proxy and web server events.
 *
 * An image never needs one of them: where an engine or an event has no such field, indicators are inert. `digests` is
 * Sysmon's list `SHA1=...,MD5=...`. Imphash is not here: an import hash has the shape of an MD5 and is not a file's.
 */
export const INDICATOR_FIELDS: Readonly<Record<IndicatorLookup, readonly string[]>> = {
  address: [
    'Address',
    'ClientAddress',
    'DestAddress',
    'DestinationIp',
    'IpAddress',
    'SourceAddress',
    'SourceIp',
    'c-ip',
    'dst_ip',
    's-ip',
    'src_ip',
  ],
  digest: ['MD5', 'SHA1', 'SHA256', 'md5', 'sha1', 'sha256'],
  digests: ['Hash', 'Hashes'],
  domain: ['DestinationHostname', 'QueryName', 'SourceHostname', 'cs-host', 'query', 'r-dns'],
  url: ['c-uri', 'cs-uri'],
  filename: [
    'FileName',
    'Filename',
    'Image',
    'ImageLoaded',
    'NewProcessName',
    'ParentImage',
    'ParentProcessName',
    'Path',
    'ProcessName',
    'SourceFilename',
    'SourceImage',
    'TargetFilename',
    'TargetImage',
    'exe',
  ],
}

/** The look-ups that these tables can answer: with the others' fields nothing has to be compared. */
export function indicatorLookups(tables: IndicatorTables): readonly IndicatorLookup[] {
  const hasAddresses = tables.ipv4.links.length + tables.ipv6.links.length > 0
  const hasDigests = tables.md5.digests.length + tables.sha1.digests.length + tables.sha256.digests.length > 0
  const answered: Readonly<Record<IndicatorLookup, boolean>> = {
    address: hasAddresses,
    digest: hasDigests,
    digests: hasDigests,
    domain: tables.domain.hashes.length > 0,
    url: tables.url.hashes.length > 0,
    filename: tables.filename.hashes.length > 0,
  }
  return (Object.keys(answered) as IndicatorLookup[]).filter((lookup) => answered[lookup])
}
