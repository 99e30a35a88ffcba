import {
  binaryFormat,
  bytes,
  DOCUMENT,
  int,
  lengthOf,
  list,
  type Part,
  type Role,
  SELF,
  struct,
  text,
} from '@firebreak/fuzz'

const u8 = (name: string, role?: Role): Part => int(name, 1, 'little', role)
const u16 = (name: string, role?: Role): Part => int(name, 2, 'little', role)
const u32 = (name: string, role?: Role): Part => int(name, 4, 'little', role)
const among = (...values: readonly number[]): Role => ({ is: 'value', among: values })
const countOf = (of: string): Role => ({ is: 'count', of })

const name = struct('name', [u16('length', lengthOf('text')), text('text')])
/** Kinds of values: see VALUE in core/detect. The length has three bytes, of which ours are two. */
const field = struct('field', [
  u16('name', among(0, 1, 2, 0xffff)),
  u8('kind', among(0, 1, 2, 3, 4, 5, 6, 255)),
  u16('length', lengthOf('value')),
  u8('high', among(0, 1)),
  text('value'),
])
const record = struct('record', [
  u32('length', lengthOf(SELF)),
  u16('source', among(0, 1, 2)),
  u16('fields', countOf('values')),
  u32('time low'),
  u32('time high', among(0, 0x42786000, 0x7ff00000, 0x7ff80000, 0xfff00000)),
  list('values', field),
])

/** docs/record-format.md as data. */
export const BATCH_FORMAT = binaryFormat(
  struct('batch', [
    u32('magic', among(0x42524246)),
    u32('version', among(1, 2)),
    u32('bytes', lengthOf(DOCUMENT)),
    u16('names', countOf('name table')),
    u16('sources', countOf('source table')),
    u32('records', countOf('events')),
    u32('first', { is: 'offset', of: 'events' }),
    list('name table', name),
    list('source table', struct('source', [name, name, name])),
    list('events', record),
  ]),
)

/** Frames between processes: see core/api/src/frames.ts. */
export const FRAMES_FORMAT = binaryFormat(
  list(
    'frames',
    struct('frame', [
      u32('length', lengthOf('payload')),
      u8('type', among(1, 3, 16, 18, 33, 48)),
      u8('rank'),
      u16('count'),
      u32('sequence'),
      u32('aux'),
      bytes('payload'),
    ]),
  ),
)
