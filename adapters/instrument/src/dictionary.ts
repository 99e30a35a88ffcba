import type { Dictionary } from '@firebreak/fuzz'
import type { AnyNode } from 'acorn'
import { childrenOf } from './walk.ts'

/** Shorter is found by chance; longer is a message for people. */
const TEXT_LENGTH = { min: 2, max: 64 }

/** Collects what a program compares its input with, as far as its text says: literals and names of properties. Sorted. */
export class DictionaryCollector {
  readonly #texts = new Set<string>()
  readonly #numbers = new Set<number>()

  visit(node: AnyNode): void {
    if (node.type === 'Literal' && typeof node.value === 'string') this.#addText(node.value)
    else if (node.type === 'Literal' && typeof node.value === 'number') this.#numbers.add(node.value)
    else if (node.type === 'TemplateElement') this.#addText(node.value.cooked ?? '')
    // A table by name is a comparison with each of its names.
    else if (node.type === 'Property' && node.key.type === 'Identifier') this.#addText(node.key.name)
    for (const child of childrenOf(node)) this.visit(child)
  }

  done(): Dictionary {
    return { texts: [...this.#texts].toSorted(), numbers: [...this.#numbers].toSorted((a, b) => a - b) }
  }

  #addText(text: string): void {
    if (text.length >= TEXT_LENGTH.min && text.length <= TEXT_LENGTH.max) this.#texts.add(text)
  }
}
