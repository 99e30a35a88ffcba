import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type PackSource, type SensorSource, type SourceNode, toSourceNode, verifyImage } from '@firebreak/content'
import { loadSigner, sha256Hex, type Signer } from '@firebreak/crypto'
import {
  addToHistory,
  type AuthorHistory,
  type Corpus,
  GATE_POLICY_DEFAULT,
  type GatePolicy,
  gatePolicy,
  type GateRequest,
  readEarlierReport,
  type RunningRelease,
  type Use,
} from '@firebreak/gate'
import { FORMAT_NAMES, type InputKind, suppliesOf } from '@firebreak/inputs'
import { malformed, parseJson, utf8Decode } from '@firebreak/kernel'
import { isPackFolder, readPackFolder, readRuleFolder } from '@firebreak/pack-folder'
import { readOwnCorpora } from '../replay/own-corpora.ts'
import { readCorpus } from '../replay/read-corpus.ts'

/** Everything that a run is given, read once. */
export interface GateInputs {
  readonly source: PackSource
  /** False: a folder of rules without a manifest, for which one was made up. */
  readonly isPack: boolean
  readonly policy: GatePolicy
  readonly running: RunningRelease | null
  /** Uses of all earlier releases; null: nobody said. */
  readonly history: readonly Use[] | null
  readonly author: AuthorHistory | null
  readonly corpora: readonly Corpus[]
  readonly inputKinds: readonly InputKind[]
  readonly supplies: readonly SensorSource[]
  readonly signer: Signer | null
}

const POLICY_BYTES_MAX = 65_536
const KEY_BYTES_MAX = 65_536

/** @throws GateError, KernelError, ContentError, PackFolderError: what was given can't be read; errors of the file system */
export async function readInputs(request: GateRequest): Promise<GateInputs> {
  const isPack = await isPackFolder(request.pack)
  const [source, policy, running, own, others, signer] = await Promise.all([
    isPack ? readPackFolder(request.pack) : readRuleFolder(request.pack, madeUpManifest(request.pack)),
    request.policyFile === null ? GATE_POLICY_DEFAULT : readPolicy(request.policyFile),
    request.runningImage === null ? null : readRunning(request.runningImage),
    readOwnCorpora(),
    Promise.all(request.corpora.map((path) => readCorpus(path, 'benign'))),
    request.keyFile === null ? null : readSigner(request.keyFile),
  ])
  // A forged history would lower the risk: with a key at hand, only what it signed counts.
  const keys = signer && [signer.publicKey]
  const reports = await Promise.all(
    request.earlierReports.map(async (path) => readEarlierReport(await readFile(path), keys)),
  )
  const formats = FORMAT_NAMES.filter((name) => request.inputs.includes(name))
  const inputKinds = formats.map((format): InputKind => ({ format, supplies: [] }))
  const uses = reports.map(({ novelty }) => novelty?.uses ?? [])
  return {
    source,
    isPack,
    policy,
    running,
    history: reports.length === 0 ? null : uses.reduce(addToHistory, []),
    author: request.author,
    corpora: [...own, ...others],
    inputKinds,
    supplies: suppliesOf(inputKinds),
    signer,
  }
}

/** So that rules can be tried before there is a pack. What is missing is said by the checks. */
function madeUpManifest(folder: string): SourceNode {
  const name = basename(resolve(folder))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  const manifest = {
    name: name === '' ? 'rules' : name.slice(0, 64),
    version: '0.0.0',
    category: 'behavioural',
    minimumEngine: '1.0.0',
    description: 'Made up: the folder has no pack.yaml.',
  }
  return toSourceNode(manifest, 'pack.yaml')
}

async function readPolicy(path: string): Promise<GatePolicy> {
  return gatePolicy(parseJson(await readFile(path), POLICY_BYTES_MAX, 'gate policy'), 'gate policy')
}

async function readRunning(path: string): Promise<RunningRelease> {
  const bytes = new Uint8Array(await readFile(path))
  return { image: verifyImage(bytes), bytes, digest: sha256Hex(bytes) }
}

async function readSigner(path: string): Promise<Signer> {
  const bytes = await readFile(path)
  if (bytes.length > KEY_BYTES_MAX) throw malformed('gate key', `at most ${KEY_BYTES_MAX} bytes`, bytes.length)
  return loadSigner(utf8Decode(bytes))
}
