import { sha256Hex } from '@firebreak/crypto'
import { rewritten, sectionOf, withBytes } from '../image-edit.ts'
import type { ImageExhibit } from './exhibit.ts'

/** What the verifier of images can see. */
export const IMAGE_EXHIBITS: readonly ImageExhibit[] = [
  {
    kind: 'image',
    id: 'zero-filled',
    date: '2024-07-19',
    aims: { check: 'verify', code: 'content/image-header' },
    what: 'A content file of 40 KiB, all zeros.',
    happened:
      'Hosts that crashed while a content file was written were found with a file of zeros. It was not the cause, and had to be harmless all the same.',
    source: 'CrowdStrike, Technical Details: Falcon Content Update for Windows Hosts, 20 July 2024',
    apply: (compiled) => withBytes(compiled, new Uint8Array(40_960)),
  },
  {
    kind: 'image',
    id: 'half-a-file',
    date: null,
    aims: { check: 'verify', code: 'content/image-truncated' },
    what: 'The first half of an image.',
    happened: 'A download or a write ended early, and what was there was taken for the whole.',
    source: null,
    apply: (compiled) => withBytes(compiled, compiled.image.slice(0, 4 * Math.floor(compiled.image.length / 8))),
  },
  {
    kind: 'image',
    id: 'undeclared-input',
    date: '2024-07-19',
    aims: { check: 'verify', code: 'content/image-rules' },
    what: 'An image reads a field that its own list of needs does not have.',
    happened:
      'What the content needed and what its declaration said were two things, and the validator believed the declaration.',
    source: 'CrowdStrike, External Technical Root Cause Analysis: Channel File 291, 6 August 2024',
    apply: (compiled) =>
      rewritten(compiled, (words) => {
        const { first, length } = sectionOf(words, 'needs')
        words[first + length - 1] = (words[first + length - 1] ?? 0) + 1
      }),
  },
  {
    kind: 'image',
    id: 'next-format',
    date: null,
    aims: { check: 'verify', code: 'content/image-header' },
    what: 'An image of a format that no engine has yet.',
    happened: 'Content for the next version of a product was released to this one.',
    source: null,
    apply: (compiled) =>
      rewritten(compiled, (words) => {
        words[1] = (words[1] ?? 0) + 1
      }),
  },
  {
    kind: 'image',
    id: 'digest-of-other-bytes',
    date: null,
    aims: { check: 'verify', code: 'gate/image-mismatch' },
    what: 'The digest that would be signed is of another image.',
    happened: 'What was tested, what was signed and what was shipped were not the same bytes.',
    source: null,
    apply: (compiled) => ({ ...compiled, digest: sha256Hex(new Uint8Array()) }),
  },
]
