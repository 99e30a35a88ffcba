import { Cursor } from './cursor.ts'
import { EvtxError } from './errors.ts'
import { BINARY_XML, readValue, type Value } from './values.ts'

/** An element of the XML that a record stands for. */
export interface Element {
  readonly name: string
  readonly attributes: (readonly [name: string, value: Value])[]
  /** Elements, and values between them. */
  readonly content: (Element | Value)[]
}

/** Elements in one another; values of binary XML and templates count as well. */
export const DEPTH_MAX = 64
/** Tokens of one record: templates may name one another, and a small record would become an endless document. */
export const TOKENS_MAX = 20_000

const TOKEN = {
  end: 0x00,
  openStart: 0x01,
  closeStart: 0x02,
  closeEmpty: 0x03,
  endElement: 0x04,
  value: 0x05,
  attribute: 0x06,
  cdata: 0x07,
  character: 0x08,
  entity: 0x09,
  instructionTarget: 0x0a,
  instructionData: 0x0b,
  template: 0x0c,
  substitution: 0x0d,
  optional: 0x0e,
  fragment: 0x0f,
} as const
/** On a token: attributes, or more of the same, follow. */
const MORE = 0x40

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** What a template is filled with: the type of each value, and its bytes. Null outside of templates. */
type Fill = readonly { readonly type: number; readonly part: () => Cursor }[] | null

/**
 * Reads the document of one record.
 *
 * @param chunk - the whole chunk: names and templates are offsets into it
 * @throws EvtxError evtx/outside | evtx/malformed | evtx/limit
 * @see MS-EVEN6 2.2.12: the binary XML of the event log
 */
export function readDocument(chunk: DataView, from: number, to: number): Element {
  const root: Element = { name: '', attributes: [], content: [] }
  new DocumentReader(chunk).fragment(new Cursor(chunk, from, to), null, root, 0)
  const [first] = root.content.filter(isElement)
  if (first === undefined) throw malformed('a record without an element')
  return first
}

export function isElement(content: Element | Value): content is Element {
  return typeof content === 'object' && content !== null && 'name' in content
}

class DocumentReader {
  readonly #chunk: DataView
  #tokens = 0

  constructor(chunk: DataView) {
    this.#chunk = chunk
  }

  /** Everything up to the end of `part`, or to its own end, into `parent`. */
  fragment(part: Cursor, fill: Fill, parent: Element, depth: number): void {
    while (part.left > 0) {
      const token = this.#token(part, depth)
      if (token === TOKEN.end) return
      if (token === TOKEN.fragment) part.skip(3)
      else this.#content(token, part, fill, parent, depth)
    }
  }

  #token(part: Cursor, depth: number): number {
    this.#tokens++
    if (depth > DEPTH_MAX) throw new EvtxError('evtx/limit', `Cannot read XML nested deeper than ${DEPTH_MAX}`)
    if (this.#tokens > TOKENS_MAX)
      throw new EvtxError('evtx/limit', `Cannot read a record of more than ${TOKENS_MAX} tokens`)
    return part.u8()
  }

  #content(token: number, part: Cursor, fill: Fill, parent: Element, depth: number): void {
    const kind = token & ~MORE
    if (kind === TOKEN.openStart) parent.content.push(this.#element(part, fill, (token & MORE) !== 0, depth))
    else if (kind === TOKEN.template) this.#template(part, parent, depth + 1)
    else if (kind === TOKEN.substitution || kind === TOKEN.optional) {
      this.#substitute(part, fill, parent.content, depth)
    } else if (kind === TOKEN.instructionTarget) this.#name(part)
    else if (kind === TOKEN.instructionData) part.skip(2 * part.u16())
    else parent.content.push(this.#text(kind, part))
  }

  #element(part: Cursor, fill: Fill, hasAttributes: boolean, depth: number): Element {
    // Only inside a template an element says first which value it depends on. Its own size is implied by its end.
    part.skip(fill === null ? 4 : 2 + 4)
    const element: Element = { name: this.#name(part), attributes: [], content: [] }
    if (hasAttributes) part.skip(4)
    let token = this.#token(part, depth)
    while ((token & ~MORE) === TOKEN.attribute) token = this.#attribute(part, fill, element, depth)
    if (token === TOKEN.closeEmpty) return element
    if (token !== TOKEN.closeStart) throw malformed(`token ${token} in a start tag`)
    for (token = this.#token(part, depth); token !== TOKEN.endElement; token = this.#token(part, depth)) {
      if (token === TOKEN.end || token === TOKEN.fragment) throw malformed(`token ${token} inside an element`)
      this.#content(token, part, fill, element, depth + 1)
    }
    return element
  }

  /** @returns the token behind it */
  #attribute(part: Cursor, fill: Fill, element: Element, depth: number): number {
    const name = this.#name(part)
    const values: (Element | Value)[] = []
    let token = this.#token(part, depth)
    for (; isText(token & ~MORE); token = this.#token(part, depth)) {
      const kind = token & ~MORE
      if (kind === TOKEN.substitution || kind === TOKEN.optional) this.#substitute(part, fill, values, depth)
      else values.push(this.#text(kind, part))
    }
    element.attributes.push([name, joined(values)])
    return token
  }

  #text(kind: number, part: Cursor): string {
    if (kind === TOKEN.value) part.skip(1)
    if (kind === TOKEN.value || kind === TOKEN.cdata) return part.utf16(part.u16())
    if (kind === TOKEN.character) return String.fromCharCode(part.u16())
    if (kind === TOKEN.entity) return ENTITIES[this.#name(part)] ?? ''
    throw malformed(`token ${kind}`)
  }

  #substitute(part: Cursor, fill: Fill, into: (Element | Value)[], depth: number): void {
    const value = fill?.[part.u16()]
    part.skip(1)
    if (value === undefined) throw malformed('a substitution without a value')
    if (value.type !== BINARY_XML) {
      into.push(readValue(value.type, value.part()))
      return
    }
    const inner: Element = { name: '', attributes: [], content: [] }
    this.fragment(value.part(), null, inner, depth + 1)
    into.push(...inner.content)
  }

  /** Defined where it is used first, and named by its offset from then on. */
  #template(part: Cursor, parent: Element, depth: number): void {
    part.skip(1 + 4)
    const definitionAt = part.u32()
    const definition = new Cursor(this.#chunk, definitionAt, this.#chunk.byteLength)
    const isHere = definitionAt === part.at
    definition.skip(4 + 16)
    const body = definition.part(definition.u32())
    if (isHere) part.skip(definition.at - part.at)
    this.fragment(body, this.#fill(part), parent, depth)
  }

  #fill(part: Cursor): NonNullable<Fill> {
    const count = part.u32()
    if (count * 4 > part.left) throw malformed(`a template of ${count} values`)
    const heads = Array.from({ length: count }, () => {
      const sizeBytes = part.u16()
      const type = part.u8()
      part.skip(1)
      return { sizeBytes, type }
    })
    return heads.map(({ sizeBytes, type }) => {
      const at = part.at
      part.skip(sizeBytes)
      return { type, part: () => new Cursor(this.#chunk, at, at + sizeBytes) }
    })
  }

  /** Written where it is used first, and named by its offset from then on. */
  #name(part: Cursor): string {
    const at = part.u32()
    const here = at === part.at ? part : new Cursor(this.#chunk, at, this.#chunk.byteLength)
    here.skip(4 + 2)
    const name = here.utf16(here.u16())
    here.skip(2)
    return name
  }
}

function isText(kind: number): boolean {
  const first = kind === TOKEN.value || kind === TOKEN.character || kind === TOKEN.entity || kind === TOKEN.cdata
  return first || kind === TOKEN.substitution || kind === TOKEN.optional
}

/** The one value, or the text of several. */
export function joined(content: readonly (Element | Value)[]): Value {
  const values = content.filter((one): one is Exclude<Value, null> => one !== null && !isElement(one))
  return values.length > 1 ? values.map(String).join('') : (values[0] ?? null)
}

function malformed(what: string): EvtxError {
  return new EvtxError('evtx/malformed', `Cannot read binary XML: ${what}`)
}
