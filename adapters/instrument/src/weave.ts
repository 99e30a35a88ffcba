import type {
  AnyNode,
  ArrowFunctionExpression,
  BinaryExpression,
  BlockStatement,
  CallExpression,
  Comment,
  IfStatement,
  NewExpression,
  SwitchStatement,
} from 'acorn'
import type { MagicString } from 'magic-string'
import { ALLOCATORS, COMPARISONS, COUNTERS, FUEL, HOOKS, LAST_BLOCK, TEXT_COMPARISONS } from './hooks.ts'
import { childrenOf } from './walk.ts'

type Typed<Type extends AnyNode['type']> = Extract<AnyNode, { readonly type: Type }>
type FunctionNode = Typed<'FunctionDeclaration' | 'FunctionExpression'>
type LoopNode = Typed<'ForStatement' | 'ForInStatement' | 'ForOfStatement' | 'WhileStatement' | 'DoWhileStatement'>
type Visits = { readonly [Type in AnyNode['type']]?: (node: Typed<Type>) => void }

/**
 * One walk over the tree that writes into the text.
 *
 * Where several insertions meet in one place, openings stand in the order of the walk and closings in the reverse: so an
 * opening is written before a node's children are visited, and its closing after.
 */
export class Weaver {
  /** `function:line` of each counter. */
  readonly blocks: string[] = []
  /** How many comparisons have a hook. */
  compares = 0
  readonly #text: MagicString
  readonly #code: string
  readonly #comments: readonly Comment[]
  readonly #tracing: boolean
  /** Functions around the node that is visited. */
  readonly #names: string[] = ['']
  /** Links of optional chains: a part of one can't be moved into a call. */
  readonly #chained = new Set<AnyNode>()
  #line = 1
  #lineAt = 0

  constructor(text: MagicString, code: string, comments: readonly Comment[], tracing: boolean) {
    this.#text = text
    this.#code = code
    this.#comments = comments
    this.#tracing = tracing
  }

  visit(node: AnyNode): void {
    const visit = this.#visits[node.type] as ((node: AnyNode) => void) | undefined
    if (visit === undefined) this.#visitChildren(node)
    else visit(node)
  }

  /** What is done with a node; with others nothing, and their children are visited. */
  readonly #visits: Visits = {
    FunctionDeclaration: (node) => this.#function(node),
    FunctionExpression: (node) => this.#function(node),
    ArrowFunctionExpression: (node) => this.#arrow(node),
    IfStatement: (node) => this.#branch(node),
    ForStatement: (node) => this.#loop(node),
    ForInStatement: (node) => this.#loop(node),
    ForOfStatement: (node) => this.#loop(node),
    WhileStatement: (node) => this.#loop(node),
    DoWhileStatement: (node) => this.#loop(node),
    TryStatement: (node) => {
      if (node.finalizer) this.#count(node.finalizer.start + 1)
      this.#visitChildren(node)
    },
    CatchClause: (node) => {
      this.#count(node.body.start + 1)
      this.#visitChildren(node)
    },
    SwitchStatement: (node) => this.#switch(node),
    ConditionalExpression: (node) => {
      this.visit(node.test)
      this.#arm(node.consequent)
      this.#arm(node.alternate)
    },
    LogicalExpression: (node) => {
      this.visit(node.left)
      this.#arm(node.right)
    },
    BinaryExpression: (node) => this.#binary(node),
    ChainExpression: (node) => {
      this.#markChain(node.expression)
      this.#visitChildren(node)
    },
    CallExpression: (node) => this.#call(node),
    NewExpression: (node) => this.#construct(node),
    VariableDeclarator: (node) => this.#named(node, node.id),
    AssignmentExpression: (node) =>
      this.#named(node, node.left.type === 'MemberExpression' ? node.left.property : node.left),
    MethodDefinition: (node) => this.#named(node, node.key),
    PropertyDefinition: (node) => this.#named(node, node.key),
    Property: (node) => this.#named(node, node.key),
  }

  #visitChildren(node: AnyNode): void {
    for (const child of childrenOf(node)) this.visit(child)
  }

  /** What a function without a name of its own is called in reports. */
  #named(node: AnyNode, name: AnyNode): void {
    const named = name.type === 'Identifier' || name.type === 'PrivateIdentifier'
    if (named) this.#names.push(name.name)
    this.#visitChildren(node)
    if (named) this.#names.pop()
  }

  #function(node: FunctionNode): void {
    this.#names.push(node.id?.name ?? this.#names.at(-1) ?? '')
    this.#enterBody(node.body)
    this.#visitChildren(node)
    this.#names.pop()
  }

  #arrow(node: ArrowFunctionExpression): void {
    const { body } = node
    for (const child of node.params) this.visit(child)
    if (body.type === 'BlockStatement') {
      this.#enterBody(body)
      this.visit(body)
    } else this.#arm(body)
  }

  #loop(node: LoopNode): void {
    for (const child of childrenOf(node)) {
      if (child === node.body) this.#block(child)
      else this.visit(child)
    }
  }

  /** A block that starts at `at`: returns its number. */
  #number(at: number): number {
    return this.blocks.push(`${this.#names.at(-1)}:${this.#lineOf(at)}`) - 1
  }

  /** Offsets rise, nearly always, so counting goes on where it was. */
  #lineOf(at: number): number {
    if (at < this.#lineAt) [this.#line, this.#lineAt] = [1, 0]
    for (let i = this.#code.indexOf('\n', this.#lineAt); i !== -1 && i < at; i = this.#code.indexOf('\n', i + 1)) {
      this.#line++
      this.#lineAt = i + 1
    }
    return this.#line
  }

  #counter(at: number): string {
    const id = this.#number(at)
    return `${COUNTERS}[${id}]++${this.#tracing ? `,${FUEL}[${LAST_BLOCK}]=${id}` : ''},--${FUEL}[0]<0&&${HOOKS}.stop()`
  }

  #count(at: number): void {
    this.#text.appendRight(at, `${this.#counter(at)};`)
  }

  /** The counter of a function stands behind its directives, or they would be none. */
  #enterBody({ start, body }: BlockStatement): void {
    const last = body.findLast((one) => one.type === 'ExpressionStatement' && one.directive !== undefined)
    if (last === undefined) this.#count(start + 1)
    else this.#text.appendLeft(last.end, `;${this.#counter(last.end)};`)
  }

  /** The statement of a loop or of a branch. */
  #block(node: AnyNode): void {
    if (node.type === 'BlockStatement') {
      this.#count(node.start + 1)
      return this.visit(node)
    }
    this.#text.appendRight(node.start, `{${this.#counter(node.start)};`)
    this.visit(node)
    this.#text.appendLeft(node.end, '}')
  }

  /** An expression that is evaluated only sometimes. */
  #arm(node: AnyNode): void {
    this.#text.appendRight(node.start, `(${this.#counter(node.start)},`)
    this.visit(node)
    this.#text.appendLeft(node.end, ')')
  }

  #branch(node: IfStatement): void {
    this.visit(node.test)
    this.#block(node.consequent)
    if (node.alternate) this.#block(node.alternate)
    else this.#text.appendLeft(node.end, ` else {${this.#counter(node.end)};}`)
  }

  #switch(node: SwitchStatement): void {
    const logged = this.#tracing && node.discriminant.type !== 'SequenceExpression'
    if (logged) this.#text.appendRight(node.discriminant.start, `${HOOKS}.of(`)
    this.visit(node.discriminant)
    if (logged) this.#text.appendLeft(node.discriminant.end, ')')
    for (const { test, consequent } of node.cases) {
      const hooked = logged && test != null && isConstant(test)
      if (hooked) this.#text.appendRight(test.start, `${HOOKS}.case(${this.compares++},`)
      if (test) this.visit(test)
      if (hooked) this.#text.appendLeft(test.end, ')')
      const [first] = consequent
      if (first) this.#count(first.start)
      for (const child of consequent) this.visit(child)
    }
  }

  #binary(node: BinaryExpression): void {
    const hook = COMPARISONS[node.operator]
    const { left, right } = node
    if (!this.#tracing || hook === undefined || isTelltale(left) || isTelltale(right)) return this.#visitChildren(node)
    const at = this.#find(node.operator, left.end)
    this.#text.appendRight(node.start, `${HOOKS}.${hook}(${this.compares++},`)
    this.visit(left)
    this.#text.update(at, at + node.operator.length, ',')
    this.visit(right)
    this.#text.appendLeft(node.end, ')')
  }

  #call(node: CallExpression): void {
    const { callee } = node
    const [argument] = node.arguments
    const method = callee.type === 'MemberExpression' && !callee.computed ? callee.property : null
    if (callee.type !== 'MemberExpression' || method?.type !== 'Identifier' || argument === undefined) {
      return this.#visitChildren(node)
    }
    const comparison = Object.hasOwn(TEXT_COMPARISONS, method.name) ? TEXT_COMPARISONS[method.name] : undefined
    const single = node.arguments.length === 1 && argument.type !== 'SpreadElement'
    const movable = single && !this.#chained.has(node) && callee.object.type !== 'Super'
    if (comparison !== undefined && this.#tracing && movable) {
      return this.#method(node, `${comparison}(${this.compares++},`, callee.object, method, argument)
    }
    if (method.name === 'repeat' && movable) return this.#method(node, 'repeat(', callee.object, method, argument)
    const buffer =
      callee.object.type === 'Identifier' && callee.object.name === 'Buffer' && method.name.startsWith('alloc')
    const sized = buffer || method.name === 'padStart' || method.name === 'padEnd'
    this.visit(callee)
    if (sized) this.#allocation(argument, 1)
    else this.visit(argument)
    for (const other of node.arguments.slice(1)) this.visit(other)
  }

  /** `object.name(argument)` becomes a call of the hook with both. */
  #method(node: CallExpression, hook: string, object: AnyNode, name: AnyNode, argument: AnyNode): void {
    const dot = this.#find('.', object.end)
    const open = this.#find('(', name.end)
    this.#text.appendRight(node.start, `${HOOKS}.${hook}`)
    this.visit(object)
    this.#text.update(dot, dot + 1, ',')
    this.#text.remove(name.start, name.end)
    this.#text.remove(open, open + 1)
    this.visit(argument)
  }

  #construct(node: NewExpression): void {
    this.visit(node.callee)
    const name = node.callee.type === 'Identifier' ? node.callee.name : ''
    const width = Object.hasOwn(ALLOCATORS, name) ? ALLOCATORS[name] : undefined
    for (const argument of node.arguments) {
      if (width !== undefined && node.arguments.length === 1) this.#allocation(argument, width)
      else this.visit(argument)
    }
  }

  #allocation(argument: AnyNode, width: number): void {
    if (argument.type === 'SpreadElement' || argument.type === 'SequenceExpression') return this.visit(argument)
    this.#text.appendRight(argument.start, `${HOOKS}.allocate(${width},`)
    this.visit(argument)
    this.#text.appendLeft(argument.end, ')')
  }

  #markChain(node: AnyNode): void {
    this.#chained.add(node)
    if (node.type === 'MemberExpression') this.#markChain(node.object)
    else if (node.type === 'CallExpression') this.#markChain(node.callee)
  }

  /** Where a token stands, from `from` on, past brackets and comments. */
  #find(token: string, from: number): number {
    let at = from
    for (;;) {
      const inside = this.#comments.find(({ start, end }) => start <= at && at < end)
      if (inside !== undefined) at = inside.end
      else if (this.#code.startsWith(token, at)) return at
      else at++
    }
  }
}

/** Compared values that say nothing about an input: types, and that there is something. */
function isTelltale(node: AnyNode): boolean {
  return (
    (node.type === 'UnaryExpression' && ['typeof', 'void'].includes(node.operator)) ||
    (node.type === 'Literal' && (node.value === null || typeof node.value === 'boolean')) ||
    (node.type === 'Identifier' && node.name === 'undefined')
  )
}

function isConstant(node: AnyNode): boolean {
  return node.type === 'Literal' || node.type === 'Identifier' || node.type === 'MemberExpression'
}
