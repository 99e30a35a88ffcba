import { RANK } from '@firebreak/api'
import { RecordBatchWriter, type RecordShape } from '@firebreak/detect/records'
import type { ByteText } from './byte-text.ts'
import type { Binding, Connection, FileChange, HostFacts, Query } from './enrich.ts'
import type { Process, Program } from './process-table.ts'

/** Events of a batch at most, and bytes after which it is handed on: what an engine judges between two signs of life. */
export const BATCH_COUNT_MAX = 128
const BATCH_BYTES = 256 * 1024

export type Rank = (typeof RANK)[keyof typeof RANK]

/** What the events of one round come to: a record batch of events that are worth the same. */
export interface SensedBatch {
  readonly rank: Rank
  readonly count: number
  readonly bytes: Uint8Array
}

const PRODUCT = 'linux'
const DASH = '-'

const ACTOR = ['Image', 'CommandLine', 'ProcessId', 'ProcessGuid', 'User', 'UserId', 'ContainerId']
const FILE = [...ACTOR, 'TargetFilename', 'FileOperation']
const SELF = [
  'CurrentDirectory',
  'GroupId',
  'ProcessName',
  'StartTime',
  'CgroupId',
  'Hashes',
  'ImageInode',
  'ImageDevice',
]
const ENDS = ['Initiated', 'SourceIp', 'SourcePort', 'DestinationIp', 'DestinationPort', 'DestinationHostname']
const SOURCE = ['SourceImage', 'SourceCommandLine', 'SourceProcessId', 'SourceProcessGuid', 'SourceUser']
const TARGET = ['TargetImage', 'TargetProcessId', 'TargetProcessGuid', 'TargetUser']
const PARENT = [
  'ParentImage',
  'ParentCommandLine',
  'ParentProcessId',
  'ParentProcessGuid',
  'ParentProcessName',
  'ParentUser',
  'ParentCurrentDirectory',
]
const FILE_EVENT = shape('file_event', FILE)

/** Every category with its fields, in the order in which they are written. */
export const SHAPES = {
  process: shape('process_creation', [...ACTOR, ...SELF, ...PARENT]),
  connection: shape('network_connection', [...ACTOR, 'Protocol', ...ENDS]),
  bind: shape('network_bind', [...ACTOR, 'Protocol', 'SourceIp', 'SourcePort']),
  query: shape('dns_query', [...ACTOR, 'QueryName', 'QueryType', 'DestinationIp']),
  access: shape('process_access', [...SOURCE, ...TARGET, 'AccessRequest', 'ContainerId']),
  create: FILE_EVENT,
  write: FILE_EVENT,
  delete: shape('file_delete', FILE),
  rename: shape('file_rename', [...FILE, 'SourceFilename']),
  attribute: shape('file_change', FILE),
} as const

/** Digests of a program's file in Sigma's form, `SHA256=...`; null when nobody has asked for them, or not yet. */
export type HashLookup = (program: Program) => ByteText | null

/**
 * Writes events of Sigma's categories straight into record batches, one for each rank. What is unknown is null, never
 * empty or zero. Times are milliseconds since 1970.
 */
export class EventWriter {
  /** Set by who has digests. */
  hashes: HashLookup = () => null
  readonly #facts: HostFacts
  readonly #onBatch: (batch: SensedBatch) => void
  readonly #writers: Readonly<Record<Rank, RecordBatchWriter>>
  #events = 0

  constructor(facts: HostFacts, onBatch: (batch: SensedBatch) => void) {
    this.#facts = facts
    this.#onBatch = onBatch
    this.#writers = { 0: newWriter(), 1: newWriter(), 2: newWriter() }
  }

  /** Since the start. */
  get events(): number {
    return this.#events
  }

  /** @param startedMs - when the process started */
  processCreation(process: Process, parent: Process | null, timeMs: number, startedMs: number | null): void {
    const { program } = process
    const writer = this.#begin(RANK.process, SHAPES.process, timeMs)
    this.#actor(writer, process)
    writer.bytes(program.currentDirectory)
    writer.number(process.gid)
    writer.bytes(program.name)
    writer.number(startedMs)
    writer.number(process.cgroup)
    writer.bytes(this.hashes(program))
    writer.number(program.inode)
    writer.number(program.device)
    writer.bytes(parent === null ? null : parent.program.image)
    writer.bytes(parent === null ? null : parent.program.commandLine)
    writer.number(process.parentPid)
    this.#guid(writer, process.parentPid, parent?.startTicks ?? process.parentStartTicks)
    writer.bytes(parent === null ? null : parent.program.name)
    this.#user(writer, parent === null ? null : parent.uid)
    writer.bytes(parent === null ? null : parent.program.currentDirectory)
    this.#end(RANK.process)
  }

  connection(process: Process, connection: Connection, timeMs: number): void {
    const writer = this.#begin(RANK.activity, SHAPES.connection, timeMs)
    this.#actor(writer, process)
    writer.text(connection.protocol)
    writer.text(connection.initiated ? 'true' : 'false')
    writer.text(connection.sourceIp)
    writer.number(connection.sourcePort)
    writer.text(connection.destinationIp)
    writer.number(connection.destinationPort)
    writer.text(null)
    this.#end(RANK.activity)
  }

  bind(process: Process, binding: Binding, timeMs: number): void {
    const writer = this.#begin(RANK.activity, SHAPES.bind, timeMs)
    this.#actor(writer, process)
    writer.text(binding.protocol)
    writer.text(binding.ip)
    writer.number(binding.port)
    this.#end(RANK.activity)
  }

  query(process: Process, query: Query, timeMs: number): void {
    const writer = this.#begin(RANK.activity, SHAPES.query, timeMs)
    this.#actor(writer, process)
    writer.text(query.name)
    writer.text(query.type)
    writer.text(query.server)
    this.#end(RANK.activity)
  }

  access(source: Process, target: Process, request: string, timeMs: number): void {
    const writer = this.#begin(RANK.activity, SHAPES.access, timeMs)
    writer.bytes(source.program.image)
    writer.bytes(source.program.commandLine)
    writer.number(source.pid)
    this.#guid(writer, source.pid, source.startTicks)
    this.#user(writer, source.uid)
    writer.bytes(target.program.image)
    writer.number(target.pid)
    this.#guid(writer, target.pid, target.startTicks)
    this.#user(writer, target.uid)
    writer.text(request)
    writer.bytes(source.container)
    this.#end(RANK.activity)
  }

  file(process: Process, change: FileChange, timeMs: number): void {
    const writer = this.#begin(RANK.file, SHAPES[change.kind], timeMs)
    this.#actor(writer, process)
    writer.bytes(change.path)
    writer.bytes(change.kind)
    if (change.kind === 'rename') writer.bytes(change.sourcePath)
    this.#end(RANK.file)
  }

  /** Hands on what there is, the most valuable first. */
  flush(): void {
    this.#flush(RANK.process)
    this.#flush(RANK.activity)
    this.#flush(RANK.file)
  }

  #begin(rank: Rank, of: RecordShape, timeMs: number): RecordBatchWriter {
    const writer = this.#writers[rank]
    writer.begin(of, timeMs)
    return writer
  }

  #end(rank: Rank): void {
    const writer = this.#writers[rank]
    writer.end()
    this.#events++
    if (writer.count >= BATCH_COUNT_MAX || writer.recordBytes >= BATCH_BYTES) this.#flush(rank)
  }

  #flush(rank: Rank): void {
    const { count } = this.#writers[rank]
    if (count > 0) this.#onBatch({ rank, count, bytes: this.#writers[rank].finish() })
  }

  #actor(writer: RecordBatchWriter, process: Process): void {
    writer.bytes(process.program.image)
    writer.bytes(process.program.commandLine)
    writer.number(process.pid)
    this.#guid(writer, process.pid, process.startTicks)
    this.#user(writer, process.uid)
    writer.number(process.uid)
    writer.bytes(process.container)
  }

  #user(writer: RecordBatchWriter, uid: number | null): void {
    writer.bytes(uid === null ? null : (this.#facts.users.get(uid) ?? null))
  }

  /** `BOOT-PID-TICKS`: the same for a process wherever it is named. */
  #guid(writer: RecordBatchWriter, pid: number | null, startTicks: number | null): void {
    if (pid === null || startTicks === null) return writer.bytes(null)
    writer.openText()
    writer.appendBytes(this.#facts.bootId)
    writer.appendBytes(DASH)
    writer.appendInteger(pid)
    writer.appendBytes(DASH)
    writer.appendInteger(startTicks)
    writer.closeText()
  }
}

function shape(category: string, fields: readonly string[]): RecordShape {
  return { source: { category, product: PRODUCT, service: null }, fields }
}

/** Copies bytes by the runtime's own means: 25 ns, whatever the length. */
function newWriter(): RecordBatchWriter {
  let memory: Uint8Array = new Uint8Array(0)
  let buffer: Buffer = Buffer.alloc(0)
  return new RecordBatchWriter((out, text, at) => {
    if (out !== memory) {
      memory = out
      buffer = Buffer.from(out.buffer)
    }
    buffer.write(text, at, 'latin1')
  })
}
