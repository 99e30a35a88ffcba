import type { CorrelationRecord } from '@firebreak/content'
import { unreachable } from '@firebreak/kernel'
import { CountWindow } from './count-window.ts'
import { CHAR_BYTES, type CorrelatorLimits, GROUP_BYTES } from './limits.ts'
import { type Link, LinkedOrder } from './linked-order.ts'
import { averageAggregate, NumberWindow, percentileAggregate, sumAggregate } from './number-window.ts'
import { OrderedWindow } from './ordered-window.ts'
import type { CorrelationWindow } from './window.ts'

/** One group of one correlation: the events whose group fields have the same values. */
export interface Group {
  readonly correlation: number
  readonly key: string
  readonly window: CorrelationWindow
  /** Whether the condition was false at some moment since it last fired. */
  isArmed: boolean
  bytes: number
  inCorrelation: Link<Group> | null
  inAll: Link<Group> | null
}

interface OwnGroups {
  readonly byKey: Map<string, Group>
  readonly order: LinkedOrder<Group>
}

/** All groups, within two limits: so many for each correlation, and so many bytes altogether. */
export class Groups {
  readonly #limits: CorrelatorLimits
  readonly #own: readonly OwnGroups[]
  /** Least recently used first, as in each correlation's own. */
  readonly #order = new LinkedOrder<Group>()
  #bytes = 0
  #evicted = 0

  constructor(correlations: number, limits: CorrelatorLimits) {
    this.#limits = limits
    this.#own = Array.from({ length: correlations }, () => ({ byKey: new Map(), order: new LinkedOrder<Group>() }))
  }

  get count(): number {
    return this.#order.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Groups given up, with what they remembered. */
  get evicted(): number {
    return this.#evicted
  }

  /** The group, made if there is none, as the one most recently used. */
  use(correlation: number, record: CorrelationRecord, key: string): Group | null {
    const own = this.#own[correlation]
    if (own === undefined) return null
    const known = own.byKey.get(key)
    const group = known ?? newGroup(correlation, record, key)
    if (known === undefined) {
      const oldest = own.order.size < this.#limits.groupsPerCorrelationMax ? null : own.order.first
      if (oldest !== null) this.#evict(oldest.item)
      own.byKey.set(key, group)
    } else this.#unlink(own, known)
    group.inCorrelation = own.order.append(group)
    group.inAll = this.#order.append(group)
    return group
  }

  /** After a group has changed: keeps the total within its limit, if need be by giving up that very group. */
  settle(group: Group): void {
    const bytes = GROUP_BYTES + group.key.length * CHAR_BYTES + group.window.bytes
    this.#bytes += bytes - group.bytes
    group.bytes = bytes
    while (this.#bytes > this.#limits.stateBytesMax && this.#order.first !== null) this.#evict(this.#order.first.item)
  }

  #evict(group: Group): void {
    const own = this.#own[group.correlation]
    if (own === undefined) return
    this.#unlink(own, group)
    own.byKey.delete(group.key)
    this.#bytes -= group.bytes
    this.#evicted++
  }

  #unlink(own: OwnGroups, group: Group): void {
    if (group.inCorrelation !== null) own.order.remove(group.inCorrelation)
    if (group.inAll !== null) this.#order.remove(group.inAll)
  }
}

function newGroup(correlation: number, record: CorrelationRecord, key: string): Group {
  const links = { inCorrelation: null, inAll: null }
  return { correlation, key, window: newWindow(record), isArmed: true, bytes: 0, ...links }
}

function newWindow({ type, comparisons, percentile, references }: CorrelationRecord): CorrelationWindow {
  switch (type) {
    case 'event_count':
      return new CountWindow(comparisons, null)
    case 'value_count':
      return new CountWindow(comparisons, ({ text }) => text)
    case 'temporal':
      return new CountWindow(comparisons, ({ rule }) => String(rule))
    case 'temporal_ordered':
      return new OrderedWindow(references.length)
    case 'value_sum':
      return new NumberWindow(sumAggregate())
    case 'value_avg':
      return new NumberWindow(averageAggregate())
    case 'value_percentile':
      return new NumberWindow(percentileAggregate(percentile ?? 0))
    default:
      return unreachable(type)
  }
}
