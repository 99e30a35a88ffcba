import { type Part, DOCUMENT, type Int, REST, SELF, type Struct } from './part.ts'

/** Which part a number speaks of: a place in its struct, or one of these. */
export const OF_SELF = -1
export const OF_REST = -2
export const OF_DOCUMENT = -3
export type Reference = number

/** A number of a struct that follows from something else. */
export interface Derived {
  /** Its place in the struct. */
  readonly at: number
  readonly of: Reference
  readonly form: Form
  readonly int: Int
}

/** As numbers, since the writer asks for each node. */
export const KINDS = { int: 0, bytes: 1, struct: 2, list: 3, choice: 4 } as const

/** A part with all its names looked up, once for a format. */
export class Form {
  readonly part: Exclude<Part, { kind: 'lazy' }>
  /** Of KINDS. */
  readonly kind: number
  /** Of a number: its bytes, and their order. */
  readonly width: number
  readonly little: boolean
  /** Whether it follows from the rest of the document. */
  readonly isDerived: boolean
  /** Whether another value is a lie: it follows from something, or a choice depends on it, or it can have but one. */
  isBound: boolean
  /** Whether its bytes are the same wherever in a document it stands. */
  isMovable = true
  /** Of a struct its parts; of a list its item; of a choice its cases. */
  children: readonly Form[] = []
  /** Of a choice, the case for each value. */
  cases: ReadonlyMap<number, Form> = new Map()
  /** The same as a list, and the other way round. */
  caseList: readonly (readonly [value: number, form: Form])[] = []
  valueOf: ReadonlyMap<Form, number> = new Map()
  /** Of a choice, the place of the number that it depends on. */
  on = -1
  /** Of a struct: where its choices are. */
  choices: readonly number[] = []
  /** Forms on the way from this one to a list of parts of this one, with that list; empty: it can't contain itself. */
  wrappers: ReadonlySet<Form> = new Set()
  /** Of a struct: numbers that follow from something else, checksums last since they cover the others. */
  derived: readonly Derived[] = []
  /** Of a struct, for each of its parts: the place of the number that says its length, or how many items it has; or -1. */
  lengths: readonly number[] = []
  counts: readonly number[] = []

  constructor(part: Exclude<Part, { kind: 'lazy' }>) {
    this.part = part
    this.kind = KINDS[part.kind]
    this.width = part.kind === 'int' ? part.width : 0
    this.little = part.kind === 'int' && part.endian === 'little'
    this.isDerived = part.kind === 'int' && part.role.is !== 'value'
    this.isBound = this.isDerived || (part.kind === 'int' && part.role.is === 'value' && part.role.among.length === 1)
  }
}

/** The forms of a descriptor. A part that contains itself has one form. */
export function compile(part: Part): Form {
  const known = new Map<Part, Form>()
  const root = compileOne(part, known)
  // What contains something that can't be moved can't either; until nothing changes, since parts contain themselves.
  for (let changed = true; changed;) {
    changed = false
    for (const form of known.values()) {
      if (!form.isMovable || form.children.every((child) => child.isMovable)) continue
      form.isMovable = false
      changed = true
    }
  }
  for (const form of known.values()) {
    const on = new Set<Form>()
    leadsTo(form, form, on, new Set())
    form.wrappers = on
  }
  return root
}

/** Whether a part can hold a list of parts of the form `goal`; puts what leads there into `on`. */
function leadsTo(goal: Form, from: Form, on: Set<Form>, seen: Set<Form>): boolean {
  if (on.has(from)) return true
  if (seen.has(from)) return false
  seen.add(from)
  const there = from.part.kind === 'list' && from.part.items === null && from.children[0] === goal
  const leads = there || from.children.some((child) => leadsTo(goal, child, on, seen))
  if (leads) on.add(from)
  return leads
}

function compileOne(part: Part, known: Map<Part, Form>): Form {
  if (part.kind === 'lazy') return compileOne(part.to(), known)
  const old = known.get(part)
  if (old !== undefined) return old
  const form = new Form(part)
  known.set(part, form)
  if (part.kind === 'struct') compileStruct(form, part, known)
  else if (part.kind === 'list') form.children = [compileOne(part.item, known)]
  else if (part.kind === 'choice') {
    form.cases = new Map([...part.cases].map(([value, one]) => [value, compileOne(one, known)]))
    form.caseList = [...form.cases]
    form.valueOf = new Map(form.caseList.map(([value, one]) => [one, value]))
    form.children = [...form.valueOf.keys()]
  }
  return form
}

function compileStruct(form: Form, part: Struct, known: Map<Part, Form>): void {
  form.children = part.parts.map((one) => compileOne(one, known))
  const placeOf = (name: string): Reference => {
    if (name === SELF) return OF_SELF
    if (name === REST) return OF_REST
    return name === DOCUMENT ? OF_DOCUMENT : form.children.findIndex((one) => one.part.name === name)
  }
  const derived = form.children.flatMap((one, at) => {
    if (one.part.kind !== 'int' || one.part.role.is === 'value') return []
    return [{ at, of: placeOf(one.part.role.of), form: one, int: one.part }]
  })
  if (derived.some(({ of, int }) => of === OF_DOCUMENT || int.role.is === 'offset')) form.isMovable = false
  const isSum = ({ int }: Derived): boolean => int.role.is === 'checksum'
  form.derived = [...derived.filter((one) => !isSum(one)), ...derived.filter(isSum)]
  const sayingOf = (role: string): readonly number[] =>
    form.children.map((_, place) => derived.find(({ int, of }) => int.role.is === role && of === place)?.at ?? -1)
  form.lengths = sayingOf('length')
  form.counts = sayingOf('count')
  for (const one of form.children) {
    if (one.part.kind !== 'choice') continue
    one.on = placeOf(one.part.on)
    const number = form.children[one.on]
    if (number !== undefined) number.isBound = true
  }
  form.choices = form.children.flatMap((one, at) => (one.part.kind === 'choice' ? [at] : []))
}
