import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Corpus } from '@firebreak/gate'
import { readCorpus } from './read-corpus.ts'

const FOLDER = fileURLToPath(new URL('../../../../corpora', import.meta.url))

/** The corpora of this repository: what is in them, and how they were made, is in corpora/README.md. */
export function readOwnCorpora(): Promise<readonly Corpus[]> {
  return Promise.all([
    readCorpus(join(FOLDER, 'ordinary-linux.jsonl.gz'), 'benign'),
    readCorpus(join(FOLDER, 'attacks-linux.jsonl'), 'attack'),
  ])
}
