import assert from 'node:assert/strict'
import type { HostEvent } from '@firebreak/detect'

type Value = HostEvent['fields'][string]

/** The events of a record batch, read by code of its own: see core/detect/docs/record-format.md. */
export function readBatch(bytes: Uint8Array): HostEvent[] {
  const batch = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  assert.equal(batch.toString('latin1', 0, 4), 'FBRB')
  assert.equal(batch.readUInt32LE(8), batch.length)
  const tables = new Cursor(batch, 24)
  const names = Array.from({ length: batch.readUInt16LE(12) }, () => tables.text())
  const sources = Array.from({ length: batch.readUInt16LE(14) }, () => [tables.text(), tables.text(), tables.text()])
  assert.equal(tables.at, batch.readUInt32LE(20))
  const events: HostEvent[] = []
  for (let at = tables.at; at < batch.length; at += batch.readUInt32LE(at)) {
    const [category = '', product = ''] = sources[batch.readUInt16LE(at + 4)] ?? []
    events.push({ category, product, timeMs: batch.readDoubleLE(at + 8), fields: fieldsAt(batch, at, names) })
  }
  assert.equal(events.length, batch.readUInt32LE(16))
  return events
}

function fieldsAt(batch: Buffer, record: number, names: readonly string[]): Record<string, Value> {
  const fields: Record<string, Value> = {}
  let at = record + 16
  for (let left = batch.readUInt16LE(record + 6); left > 0; left--) {
    const name = names[batch.readUInt16LE(at)]
    const length = batch.readUInt32LE(at + 2) >>> 8
    assert.ok(name !== undefined && !(name in fields), `a name that is not one: ${name}`)
    fields[name] = valueOf(batch.readUInt8(at + 2), batch.toString('utf8', at + 6, at + 6 + length))
    at += 6 + length
  }
  assert.equal(at, record + batch.readUInt32LE(record))
  return fields
}

function valueOf(kind: number, text: string): Value {
  switch (kind) {
    case 1:
      return text
    case 2:
      return Number(text)
    case 5:
      return null
    default:
      return kind === 3
  }
}

class Cursor {
  readonly #batch: Buffer
  at: number

  constructor(batch: Buffer, at: number) {
    this.#batch = batch
    this.at = at
  }

  text(): string {
    const start = this.at + 2
    this.at = start + this.#batch.readUInt16LE(start - 2)
    return this.#batch.toString('utf8', start, this.at)
  }
}
