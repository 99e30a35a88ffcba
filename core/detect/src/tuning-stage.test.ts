import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  compilePack,
  compileTuning,
  parsePack,
  parseTuning,
  readSource,
  type SigmaSource,
  toSourceNode,
  type VerifiedImage,
  verifyImage,
  verifyTuning,
  writeImage,
} from '@firebreak/content'
import { errorCode, utf8Encode } from '@firebreak/kernel'
import { ENGINE_CONTRACT, OPEN_CONTRACT } from './contract.ts'
import { createEngine, type Engine } from './engine.ts'
import { RecordBatchWriter, type RecordEvent } from './event/index.ts'

type Plain = Parameters<typeof toSourceNode>[0]
type Fields = RecordEvent['fields']

const LINUX = { category: 'process_creation', product: 'linux', service: null }
const LINUX_SOURCE = { category: 'process_creation', product: 'linux' }

function ruleId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

function rule(n: number, detection: Plain, logsource: Plain = LINUX_SOURCE): Plain {
  return { title: `Rule ${n}`, id: ruleId(n), level: 'high', logsource, detection }
}

function filter(
  title: string,
  rules: Plain,
  detection: { readonly [key: string]: Plain },
  logsource: Plain = LINUX_SOURCE,
): Plain {
  return { title, logsource, filter: { rules, ...detection } }
}

function sources(documents: readonly Plain[]): readonly SigmaSource[] {
  return documents.map((one, i) => ({ file: `${i}.yml`, nodes: [toSourceNode(one, `${i}.yml`)] }))
}

function packOf(rules: readonly Plain[], version = '1.0.0'): VerifiedImage {
  const about = { name: 'vendor', version, category: 'behavioural', minimumEngine: '1.0.0', description: 'For tests.' }
  const manifest = toSourceNode(about, 'pack.yaml')
  return verifyImage(compilePack(parsePack({ manifest, rules: sources(rules), tests: [], indicators: [] })).image)
}

function tuningOf(...filters: readonly Plain[]): VerifiedImage {
  const { image } = compileTuning(parseTuning(sources(filters)), { name: 'customer', version: '1.0.0' })
  return verifyTuning(image)
}

/** What matches the event: through a record of the sensor and through JSON, which have to agree. */
function found(engine: Engine, fields: Fields, timeMs = 1_000): readonly string[] {
  const byRecord = engine.evaluate({ ...LINUX_SOURCE, timeMs, fields }).map((one) => one.title)
  const json = utf8Encode(`[${JSON.stringify(fields)}]`)
  const byJson = engine.evaluateJson(json, 1, json.length - 1, LINUX).map((one) => one.title)
  assert.deepEqual(byJson, byRecord)
  return byRecord
}

const RULES = [
  rule(1, { s: { 'Image|endswith': '/nc' }, condition: 's' }),
  rule(2, { s: { 'CommandLine|contains': ' -e ' }, condition: 's' }),
]
const NO_BACKUP = { backup: { User: 'backup' }, condition: 'not backup' }

test('a filter takes from its rules what it excludes, and nothing else', () => {
  const engine = createEngine(packOf(RULES), OPEN_CONTRACT, tuningOf(filter('Backups', [ruleId(1)], NO_BACKUP)))
  const shell = { Image: '/bin/nc', CommandLine: 'nc -e sh' }
  assert.deepEqual(found(engine, { ...shell, User: 'root' }), ['Rule 1', 'Rule 2'])
  assert.deepEqual(found(engine, { ...shell, User: 'backup' }), ['Rule 2'])
  assert.deepEqual(found(engine, { Image: '/bin/ls', CommandLine: 'ls', User: 'backup' }), [])
  const { suppressedByTuning, tuning, detections } = engine.counters()
  assert.deepEqual([suppressedByTuning, detections], [2, 6])
  assert.deepEqual(tuning, { suppressed: 2, inertTargets: 0, filters: [{ title: 'Backups', suppressed: 2 }] })
})

test('filters are word for word (rule) and (filter): several all have to hold, and absent is absent', () => {
  const rows: readonly (readonly [
    what: string,
    detection: { readonly [key: string]: Plain },
    fields: Fields,
    kept: boolean,
  ])[] = [
    ['keeps what it describes', { s: { User: 'root' }, condition: 's' }, { User: 'root' }, true],
    ['and drops the rest', { s: { User: 'root' }, condition: 's' }, { User: 'bob' }, false],
    ['a field that is absent does not match', { s: { Terminal: 'tty1' }, condition: 's' }, {}, false],
    ['nor does its exclusion', { s: { Terminal: 'tty1' }, condition: 'not s' }, {}, true],
    ['null is absent', { s: { Terminal: null }, condition: 'not s' }, {}, false],
    ['exists', { s: { 'Terminal|exists': true }, condition: 'not s' }, { Terminal: '' }, false],
    ['numbers', { s: { 'UserId|lt': 1000 }, condition: 'not s' }, { UserId: 999 }, false],
    ['a number as text', { s: { UserId: 0 }, condition: 'not s' }, { UserId: 0 }, false],
    [
      'keywords see fields that no rule names',
      { s: ['acme-agent'], condition: 'not s' },
      { Other: 'x acme-agent' },
      false,
    ],
    ['keywords see fields of the rules', { s: ['/opt/x'], condition: 'not s' }, { Image: '/opt/x/nc' }, false],
    ['regex', { s: { 'User|re': '^svc-[0-9]+$' }, condition: 'not s' }, { User: 'svc-12' }, false],
    [
      'another field',
      { s: { 'User|fieldref': 'ParentUser' }, condition: 'not s' },
      { User: 'a', ParentUser: 'a' },
      false,
    ],
  ]
  for (const [what, detection, fields, kept] of rows) {
    const engine = createEngine(packOf(RULES), OPEN_CONTRACT, tuningOf(filter('F', [ruleId(1)], detection)))
    assert.deepEqual(found(engine, { Image: '/bin/nc', ...fields }), kept ? ['Rule 1'] : [], what)
  }
  const both = tuningOf(filter('A', 'any', NO_BACKUP), filter('B', 'any', { s: { User: 'svc' }, condition: 'not s' }))
  const engine = createEngine(packOf(RULES), OPEN_CONTRACT, both)
  for (const User of ['backup', 'svc', 'svc']) assert.deepEqual(found(engine, { Image: '/bin/nc', User }), [])
  assert.deepEqual(found(engine, { Image: '/bin/nc', User: 'bob' }), ['Rule 1'])
  assert.deepEqual(
    engine.counters().tuning?.filters.map((one) => one.suppressed),
    [2, 4],
  )
})

test('a list of values in JSON is read as the rules read it', () => {
  const engine = createEngine(packOf(RULES), OPEN_CONTRACT, tuningOf(filter('F', [ruleId(1)], NO_BACKUP)))
  const judge = (text: string): number =>
    engine.evaluateJson(utf8Encode(text), 0, utf8Encode(text).length, LINUX).length
  assert.equal(judge('{"Image":"/bin/nc","User":["a","backup"]}'), 0)
  assert.equal(judge('{"Image":"/bin/nc","Event":{"User":"BACKUP"}}'), 0)
  assert.equal(judge('{"Image":"/bin/nc","User":["a","b"]}'), 1)
})

test('a filter is for the rules within its log source only', () => {
  const file = { category: 'file_event', product: 'linux' }
  const rules = [
    rule(1, { s: { Image: '/bin/nc' }, condition: 's' }),
    rule(2, { s: { Image: '/bin/nc' }, condition: 's' }, file),
  ]
  const never = { s: { Image: '*' }, condition: 'not s' }
  const rows: readonly (readonly [logsource: Plain, rules: Plain, left: readonly string[], inert: number])[] = [
    [{ product: 'linux' }, 'any', [], 0],
    [{ product: 'windows' }, 'any', ['Rule 1', 'Rule 2'], 0],
    [file, 'any', ['Rule 1'], 0],
    [file, [ruleId(1), ruleId(2), ruleId(99)], ['Rule 1'], 2],
    [{ category: 'process_creation' }, [ruleId(2)], ['Rule 1', 'Rule 2'], 1],
  ]
  for (const [logsource, named, left, inert] of rows) {
    const engine = createEngine(packOf(rules), OPEN_CONTRACT, tuningOf(filter('F', named, never, logsource)))
    const titles = [LINUX_SOURCE, file].flatMap((source) =>
      engine.evaluate({ ...source, timeMs: 1, fields: { Image: '/bin/nc' } }).map((one) => one.title),
    )
    assert.deepEqual(titles, left)
    assert.equal(engine.counters().tuning?.inertTargets, inert)
  }
})

test('a tuning outlives the releases of the vendor: one image, any version of the pack', () => {
  const tuning = tuningOf(filter('Backups', [ruleId(1)], NO_BACKUP))
  const next = [
    rule(7, { s: { a: 'b' }, condition: 's' }),
    rule(1, { s: { 'Image|contains': 'nc', Zone: '*' }, condition: 's' }),
  ]
  const fields = { Image: '/bin/nc', User: 'backup', Zone: 'z' }
  for (const pack of [packOf(RULES), packOf(next, '2.0.0')]) {
    assert.deepEqual(found(createEngine(pack, OPEN_CONTRACT), fields), ['Rule 1'])
    assert.deepEqual(found(createEngine(pack, OPEN_CONTRACT, tuning), fields), [])
  }
  const without = createEngine(packOf([RULES[1] as Plain]), OPEN_CONTRACT, tuning)
  assert.deepEqual(found(without, { ...fields, CommandLine: 'nc -e sh' }), ['Rule 2'])
  assert.equal(without.counters().tuning?.inertTargets, 1)
})

test('a filter reads the names of its log source, wherever the event comes from', () => {
  const windows = { category: 'process_creation', product: 'windows' }
  const pack = packOf([rule(1, { s: { CommandLine: '*whoami*' }, condition: 's' }, windows)])
  // The pack never reads Image, so only the tuning can know that 4688 calls it NewProcessName.
  const agent = { agent: { 'Image|endswith': '\\agent.exe' }, condition: 'not agent' }
  const engine = createEngine(pack, OPEN_CONTRACT, tuningOf(filter('Agent', [ruleId(1)], agent, windows)))
  const judge = (name: string): number => {
    const event = { Channel: 'Security', EventID: 4688, NewProcessName: name, CommandLine: 'whoami /all' }
    const bytes = utf8Encode(JSON.stringify(event))
    return engine.evaluateJson(bytes, 0, bytes.length, null).length
  }
  assert.deepEqual([judge('C:\\x\\cmd.exe'), judge('C:\\x\\agent.exe')], [1, 0])
})

test('events of a batch are each read again, in whatever order they match', () => {
  const engine = createEngine(
    packOf(RULES),
    ENGINE_CONTRACT,
    tuningOf(filter('F', 'any', { s: ['quiet'], condition: 'not s' })),
  )
  const users = ['quiet', 'loud', 'quiet', 'loud', 'loud']
  const writer = new RecordBatchWriter()
  for (const User of users) writer.add({ ...LINUX_SOURCE, timeMs: 1, fields: { Image: '/nc', User } })
  const batch = engine.openBatch(writer.finish())
  const counts = users.map(() => batch.next()?.length)
  assert.deepEqual([counts, batch.next()], [[0, 1, 0, 1, 1], null])
})

test('a suppressed match feeds no correlation', () => {
  const correlation = {
    title: 'Three',
    id: ruleId(50),
    correlation: {
      type: 'event_count',
      rules: [ruleId(1)],
      'group-by': ['Image'],
      timespan: '1m',
      condition: { gte: 3 },
    },
  }
  const pack = packOf([...RULES, correlation])
  const fires = (users: readonly string[], tuning: VerifiedImage | null): boolean => {
    const engine = createEngine(pack, OPEN_CONTRACT, tuning)
    const all = users.flatMap((User, i) =>
      engine.evaluate({ ...LINUX_SOURCE, timeMs: 1_000 * (i + 1), fields: { Image: '/bin/nc', User } }),
    )
    return [...all, ...engine.flush()].some((one) => one.title === 'Three')
  }
  const tuning = tuningOf(filter('Backups', [ruleId(1)], NO_BACKUP))
  assert.equal(fires(['a', 'backup', 'b'], null), true)
  assert.equal(fires(['a', 'backup', 'b'], tuning), false)
  assert.equal(fires(['a', 'b', 'c'], tuning), true)
})

test('an image that is no tuning is refused as one, and a tuning is refused as a pack', () => {
  const pack = packOf(RULES)
  const tuning = tuningOf(filter('F', 'any', NO_BACKUP))
  const newer = readSource(tuning)
  const tooNew = verifyTuning(writeImage({ ...newer, manifest: { ...newer.manifest, minimumEngine: '99.0.0' } }))
  const mixed = verifyImage(writeImage({ ...readSource(pack), filters: newer.filters }))
  const rows: readonly (readonly [what: string, image: VerifiedImage, tuning: VerifiedImage | null, code: string])[] = [
    ['a pack as tuning', pack, pack, 'content/tuning'],
    ['a tuning that has rules too', pack, mixed, 'content/tuning'],
    ['a tuning for a newer engine', pack, tooNew, 'detect/engine-too-old'],
    ['a tuning as pack', tuning, null, 'detect/unsupplied-feature'],
    ['a pack that brings filters', mixed, null, 'detect/unsupplied-feature'],
  ]
  for (const [what, image, second, code] of rows) {
    assert.throws(
      () => createEngine(image, OPEN_CONTRACT, second),
      (error) => errorCode(error) === code,
      what,
    )
  }
})

test('a tuning may read fields that no sensor supplies: they are absent', () => {
  const tuning = tuningOf(filter('F', 'any', { s: { NoSuchField: 'x' }, condition: 'not s' }))
  const engine = createEngine(packOf(RULES), ENGINE_CONTRACT, tuning)
  assert.deepEqual(found(engine, { Image: '/bin/nc' }), ['Rule 1'])
})
