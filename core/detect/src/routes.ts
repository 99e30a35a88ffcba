import { type ImageTables, NONE, RULE, RULE_WORDS } from '@firebreak/content'
import { item, word } from './trap.ts'

const NO_RULES = new Uint32Array(0)

interface CategoryRoutes {
  /** Rules that name no product, for products that no rule names. */
  readonly general: Uint32Array
  /** For each product that a rule names: its rules and the general ones, in the order of the image. */
  readonly byProduct: ReadonlyMap<string, Uint32Array>
}

/** Which rules an event meets. Built once; a hostile event can't make it grow. */
export class Routes {
  readonly #byCategory: ReadonlyMap<string, CategoryRoutes>

  constructor(tables: ImageTables) {
    const rulesByCategory = new Map<string, RoutedRule[]>()
    for (let rule = 0; rule * RULE_WORDS < tables.rules.length; rule++) {
      const at = rule * RULE_WORDS
      const category = item(tables.strings, word(tables.rules, at + RULE.category, 'rules'), 'strings')
      const productId = word(tables.rules, at + RULE.product, 'rules')
      const product = productId === NONE ? null : item(tables.strings, productId, 'strings')
      const rules = rulesByCategory.get(category) ?? []
      rules.push({ rule, product })
      rulesByCategory.set(category, rules)
    }
    this.#byCategory = new Map([...rulesByCategory].map(([category, rules]) => [category, routesOf(rules)]))
  }

  rulesFor(category: string, product: string): Uint32Array {
    const routes = this.#byCategory.get(category)
    return routes?.byProduct.get(product) ?? routes?.general ?? NO_RULES
  }
}

interface RoutedRule {
  readonly rule: number
  readonly product: string | null
}

function routesOf(rules: readonly RoutedRule[]): CategoryRoutes {
  const select = (product: string | null): Uint32Array =>
    Uint32Array.from(rules.filter((one) => one.product === null || one.product === product).map((one) => one.rule))
  const products = new Set(rules.map((one) => one.product).filter((product) => product !== null))
  return { general: select(null), byProduct: new Map([...products].map((product) => [product, select(product)])) }
}
