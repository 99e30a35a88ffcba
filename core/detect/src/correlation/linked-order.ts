export interface Link<T> {
  readonly item: T
  previous: Link<T> | null
  next: Link<T> | null
}

/** A doubly linked list: appending and taking out anywhere in constant time, whatever was taken out before. */
export class LinkedOrder<T> {
  #first: Link<T> | null = null
  #last: Link<T> | null = null
  #size = 0

  get size(): number {
    return this.#size
  }

  get first(): Link<T> | null {
    return this.#first
  }

  append(item: T): Link<T> {
    const link: Link<T> = { item, previous: this.#last, next: null }
    if (this.#last === null) this.#first = link
    else this.#last.next = link
    this.#last = link
    this.#size++
    return link
  }

  /** @param link - one of this list */
  remove(link: Link<T>): void {
    if (link.previous === null) this.#first = link.next
    else link.previous.next = link.next
    if (link.next === null) this.#last = link.previous
    else link.next.previous = link.previous
    link.previous = null
    link.next = null
    this.#size--
  }

  /** The last `count` items, oldest first. */
  newest(count: number): readonly T[] {
    const items: T[] = []
    for (let link = this.#last; link !== null && items.length < count; link = link.previous) items.push(link.item)
    return items.toReversed()
  }
}
