import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { auditRoutesFor, describeSource, isDeclarable, type Route, routesFor } from '@firebreak/content'
import { parse, parseAllDocuments } from 'yaml'

// SigmaHQ's files are not part of this repository; a checkout beside it is used when there is one.
const SIGMA = join(import.meta.dirname, '../../../../shared/data/sigma')
const skip = existsSync(join(SIGMA, 'thor.yml')) ? false : 'no SigmaHQ mapping beside this repository'

interface Mapping {
  readonly category?: string
  readonly product?: string
  readonly service?: string
  readonly conditions?: { readonly EventID: number | readonly number[]; readonly EventType?: string }
  readonly rewrite?: { readonly product: string; readonly service: string }
  readonly fieldmappings?: Readonly<Record<string, string>>
  readonly sources?: readonly string[]
}

const EVENT_LOG = 'WinEventLog:'

test('no mapping of SigmaHQ is missing here', { skip }, (t) => {
  const mappings = Object.values(
    (parse(readFileSync(join(SIGMA, 'thor.yml'), 'utf8')) as { logsources: Record<string, Mapping> }).logsources,
  )
  const channelsOf = (product: string, service: string): readonly string[] =>
    mappings
      .filter((one) => one.product === product && one.service === service)
      .flatMap(({ sources }) => sources ?? [])
      .map((one) => one.slice(EVENT_LOG.length))
  let compared = 0
  for (const mapping of mappings) {
    const source = sourceOf(mapping)
    const expected = mapping.rewrite
      ? channelsOf(mapping.rewrite.product, mapping.rewrite.service)
      : (mapping.sources ?? []).filter((one) => one.startsWith(EVENT_LOG)).map((one) => one.slice(EVENT_LOG.length))
    if (expected.length === 0) assert.ok(isDeclarable(source), describeSource(source))
    const routes = routesFor(source)
    for (const channel of expected) {
      for (const eventId of [mapping.conditions?.EventID ?? null].flat()) {
        assert.ok(
          routes.some((route) => isRoute(route, channel, eventId, mapping)),
          `${describeSource(source)} from ${channel} ${eventId}`,
        )
        compared++
      }
    }
  }
  assert.ok(compared > 100)
  t.diagnostic(`${mappings.length} mappings, ${compared} routes compared`)
})

function isRoute(route: Route, channel: string, eventId: number | null, mapping: Mapping): boolean {
  const aliases = Object.fromEntries(route.aliases.map(({ from, to }) => [from, to]))
  return (
    route.channel === channel.toLowerCase() &&
    route.eventId === eventId &&
    (route.when?.value ?? null) === (mapping.conditions?.EventType?.toLowerCase() ?? null) &&
    JSON.stringify(aliases) === JSON.stringify(mapping.fieldmappings ?? {})
  )
}

test('every log source of SigmaHQ is routed, or is one that has to be declared', { skip }, (t) => {
  const sources = new Map<string, number>()
  const unknown = new Set<string>()
  for (const source of logsources()) {
    const text = describeSource(source)
    sources.set(text, (sources.get(text) ?? 0) + 1)
    if (routesFor(source).length + auditRoutesFor(source).length === 0 && !isDeclarable(source)) unknown.add(text)
  }
  assert.ok(sources.size > 100)
  assert.deepEqual([...unknown], [])
  t.diagnostic(`${sources.size} log sources`)
})

test('nothing about Windows has to be declared', { skip }, () => {
  const windows = logsources().filter(({ product }) => product === 'windows')
  assert.ok(windows.length > 2_000)
  assert.deepEqual(
    windows.filter((source) => routesFor(source).length === 0),
    [],
  )
})

function logsources(): readonly ReturnType<typeof sourceOf>[] {
  const folders = readdirSync(SIGMA).filter((name) => name.startsWith('rules'))
  return folders.flatMap((folder) =>
    readdirSync(join(SIGMA, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.yml'))
      .flatMap((name) => logsourcesIn(readFileSync(join(SIGMA, folder, name), 'utf8'))),
  )
}

/** Only the part of a file that matters: a whole parse of all of them takes seconds. */
function logsourcesIn(text: string): readonly ReturnType<typeof sourceOf>[] {
  return [...text.matchAll(/^logsource:.*\n(?:[ \t].*\n)+/gm)].flatMap(([block]) =>
    parseAllDocuments(block).map((document) => sourceOf((document.toJS() as { logsource: Mapping }).logsource)),
  )
}

function sourceOf({ category, product, service }: Mapping) {
  return { category: category ?? null, product: product ?? null, service: service ?? null }
}
