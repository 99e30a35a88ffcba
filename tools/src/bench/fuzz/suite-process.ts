import { errorMessage } from '@firebreak/kernel'
import { canaryOf, Searcher, type Wanted } from './suite-search.ts'

/** What the process is asked: a search, or to make the programs of a planted bug's target. */
export type Asked = { readonly search: Wanted } | { readonly prepare: string }

const searcher = new Searcher()

process.on('message', (asked: Asked) => {
  const work = 'search' in asked ? searcher.search(asked.search) : searcher.prepare(canaryOf(asked.prepare))
  work.then(
    (result) => process.send?.({ result: result ?? null }),
    (error: unknown) => process.send?.({ error: errorMessage(error) }),
  )
})
process.on('disconnect', () => process.exit())
