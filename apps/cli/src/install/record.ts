import { integer, jsonBytes, list, literal, object, parseJson, text } from '@firebreak/kernel'

/** What an installation made, in this order; DATA/install.json. It is written before anything else, so that what was interrupted can be undone. */
export interface InstallRecord {
  readonly format: 1
  readonly made: readonly MadeThing[]
}

export interface MadeThing {
  readonly kind: 'folder' | 'file' | 'link'
  /** Absolute, within the tree that was installed into. */
  readonly path: string
}

export const RECORD_SIZE_BYTES_MAX = 65_536
const THINGS_MAX = 64
const PATH_CHARS_MAX = 512

const record = object<InstallRecord>({
  format: (value, at) => {
    integer(1, 1)(value, at)
    return 1
  },
  made: list(
    object<MadeThing>({
      kind: literal('folder', 'file', 'link'),
      // It names what is removed: nothing that climbs out.
      path: text(PATH_CHARS_MAX, /^(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)+$/),
    }),
    THINGS_MAX,
  ),
})

/** @throws KernelError kernel/malformed */
export function parseInstallRecord(bytes: Uint8Array): InstallRecord {
  return record(parseJson(bytes, RECORD_SIZE_BYTES_MAX, 'install.json'), 'install.json')
}

export function encodeInstallRecord(made: readonly MadeThing[]): Uint8Array {
  return jsonBytes({ format: 1, made: made.map(({ kind, path }) => ({ kind, path })) })
}
