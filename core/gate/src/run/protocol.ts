import { integer, type Json, list, literal, nullable, object, parseJson, type Reader, text } from '@firebreak/kernel'
import type { AuthorHistory } from '../risk/factors.ts'

/** What the gate's process is asked, as one JSON object on its standard input. Paths, never secrets. */
export interface GateRequest {
  /** Folder of the pack, or of Sigma rules that are no pack yet. */
  readonly pack: string
  /** Formats of inputs that the hosts of the release have. */
  readonly inputs: readonly string[]
  /** GatePolicy as JSON; null: the default. */
  readonly policyFile: string | null
  /** Image of the release that hosts run now; null: none, or not known. */
  readonly runningImage: string | null
  /** Reports of earlier releases of the pack. */
  readonly earlierReports: readonly string[]
  /** How earlier releases of the pack went; null: not known. */
  readonly author: AuthorHistory | null
  /** Files of ordinary activity besides our own corpus. */
  readonly corpora: readonly string[]
  /** PEM of the gate key; null: the report is not signed, and so good for reading only. */
  readonly keyFile: string | null
  readonly seed: number | null
  readonly files: GateFiles
  /** 'watch': judge again what changes, until the process is ended. */
  readonly mode: 'gate' | 'watch'
}

/** Where to write what; null: nowhere. */
export interface GateFiles {
  readonly image: string | null
  /** The report itself, as canonical JSON. */
  readonly report: string | null
  /** The signed statement about the image that holds it; written only where there is a key and an image. */
  readonly statement: string | null
  readonly page: string | null
  readonly sarif: string | null
}

/** What the process says, a line of JSON each, on standard output. Its end without a `result` is a crash of the gate. */
export type GateEvent =
  | { readonly event: 'step'; readonly name: string }
  /** Of all the work. @see estimate.ts */
  | {
      readonly event: 'progress'
      readonly doneShare: number
      readonly leftSeconds: number | null
      readonly what: string
    }
  | { readonly event: 'judged'; readonly judged: Json }
  | { readonly event: 'result'; readonly result: Json }

const REQUEST_BYTES_MAX = 1024 * 1024
const PATH_CHARS_MAX = 4_096
const PATHS_MAX = 1_000
const RELEASES_MAX = 1_000_000
const SEED_MAX = 0xffff_ffff

const path = text(PATH_CHARS_MAX)
const files: Reader<GateFiles> = object<GateFiles>({
  image: nullable(path),
  report: nullable(path),
  statement: nullable(path),
  page: nullable(path),
  sarif: nullable(path),
})

const request: Reader<GateRequest> = object<GateRequest>({
  pack: path,
  inputs: list(text(64), PATHS_MAX),
  policyFile: nullable(path),
  runningImage: nullable(path),
  earlierReports: list(path, PATHS_MAX),
  author: nullable(object<AuthorHistory>({ releases: integer(0, RELEASES_MAX), harmed: integer(0, RELEASES_MAX) })),
  corpora: list(path, PATHS_MAX),
  keyFile: nullable(path),
  seed: nullable(integer(0, SEED_MAX)),
  files,
  mode: literal('gate', 'watch'),
})

/** @throws KernelError kernel/malformed */
export function parseGateRequest(bytes: Uint8Array): GateRequest {
  return request(parseJson(bytes, REQUEST_BYTES_MAX, 'gate request'), 'gate request')
}
