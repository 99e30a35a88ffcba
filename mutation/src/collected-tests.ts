/**
 * Stands in for `node:test` while mutants run: keeps the tests of a file, so that the ones that reach a mutant can be run again and
 * again in one process. Starting Node for each mutant would cost a hundred times more than the tests.
 */
export interface CollectedTest {
  readonly name: string
  readonly run: () => Promise<void>
}

type Body = (context: Context) => unknown
interface Context {
  readonly name: string
  test(name: string, body: Body): Promise<void>
  diagnostic(message: string): void
  skip(): void
}

export const collected: CollectedTest[] = []
const path: string[] = []

export function test(name: string, ...rest: readonly unknown[]): void {
  const body = rest.find((one): one is Body => typeof one === 'function')
  const options = rest.find((one): one is { readonly skip?: unknown } => typeof one === 'object' && one !== null)
  if (body === undefined || (options?.skip !== undefined && options.skip !== false)) return
  const whole = [...path, name].join(' > ')
  collected.push({ name: whole, run: async () => void (await body(contextOf(whole))) })
}

export function describe(name: string, body: () => void): void {
  path.push(name)
  body()
  path.pop()
}

export { test as it }
export default test

function contextOf(name: string): Context {
  return {
    name,
    test: async (inner, body) => void (await body(contextOf(`${name} > ${inner}`))),
    diagnostic: () => {},
    skip: () => {},
  }
}
