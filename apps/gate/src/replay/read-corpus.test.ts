import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { utf8Encode } from '@firebreak/kernel'
import { readOwnCorpora } from './own-corpora.ts'
import { parseCorpus, readCorpus } from './read-corpus.ts'

const LINES = [
  '{"category":"process_creation","product":"linux","timeMs":5,"fields":{"Image":"/bin/ls","UserId":0,"User":null}}',
  '',
  '{"category":"network_connection","DestinationIp":"192.0.2.1","Initiated":true,"techniques":["T1071"]}',
  '{"logsource":{"service":"sshd","product":"linux"},"message":"hello"}',
  '{"Channel":"Security","EventID":4688,"NewProcessName":"C:\\\\a.exe"}',
].join('\n')
const parse = (text: string) => parseCorpus(utf8Encode(text), 'c.jsonl')

test('events of ours and flat JSON become the same thing', () => {
  const { events, techniques } = parse(LINES)
  assert.deepEqual(events, [
    { category: 'process_creation', product: 'linux', timeMs: 5, fields: { Image: '/bin/ls', UserId: 0, User: null } },
    {
      category: 'network_connection',
      product: 'linux',
      timeMs: 0,
      fields: { DestinationIp: '192.0.2.1', Initiated: true },
    },
    { category: null, product: 'linux', service: 'sshd', timeMs: 0, fields: { message: 'hello' } },
    {
      category: null,
      product: null,
      timeMs: 0,
      fields: { Channel: 'Security', EventID: 4688, NewProcessName: String.raw`C:\a.exe` },
    },
  ])
  assert.deepEqual(techniques, [[], ['T1071'], [], []])
})

const refused: readonly (readonly [string, string, RegExp])[] = [
  ['a line that is no JSON', '{"category":"a"}\n{nope}', /c\.jsonl:2/],
  ['a list', '["a"]', /c\.jsonl:1.*an object/],
  ['an event of nothing', '{"Image":"/bin/ls"}', /c\.jsonl:1.*a category/],
  ['a field that is an object', '{"category":"a","x":{"y":1}}', /c\.jsonl:1\.x/],
  ['a time that is text', '{"category":"a","timeMs":"now"}', /timeMs/],
  ['a category that is a number', '{"category":7}', /category/],
  ['techniques that are one', '{"category":"a","techniques":"T1"}', /techniques/],
]
for (const [name, text, message] of refused) {
  test(`refuses ${name}, and says where`, () => assert.throws(() => parse(text), { code: 'kernel/malformed', message }))
}

test('a field may be called __proto__', () => {
  const [event] = parse('{"category":"a","__proto__":"x"}').events
  assert.deepEqual(Object.keys(event?.fields ?? {}), ['__proto__'])
})

test('a packed file is the same corpus under another digest; one that is cut off is refused', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'firebreak-corpus-'))
  try {
    const [plain, packed, cut] = ['a.jsonl', 'a.jsonl.gz', 'cut.gz'].map((name) => join(folder, name))
    assert.ok(plain && packed && cut)
    await writeFile(plain, LINES)
    await writeFile(packed, gzipSync(LINES))
    await writeFile(cut, gzipSync(LINES).subarray(0, 40))
    const [one, other] = [await readCorpus(plain, 'benign'), await readCorpus(packed, 'benign')]
    assert.deepEqual(one.events, other.events)
    assert.notEqual(one.digest, other.digest)
    await assert.rejects(readCorpus(cut, 'benign'), { code: 'kernel/malformed' })
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('our own corpora are what their README says', async () => {
  const [benign, attack] = await readOwnCorpora()
  assert.ok(benign && attack)
  const count = (category: RegExp) => benign.events.filter((event) => category.test(event.category ?? '')).length
  assert.deepEqual(
    [benign.events.length, count(/^process_/), count(/^file_/), count(/^dns_/), count(/^network_/)],
    [6_884, 2_358, 4_098, 266, 162],
  )
  assert.equal(attack.events.length, 137)
  assert.equal(new Set(attack.techniques.flat()).size, 71)
  assert.ok(attack.techniques.every((of) => of.length > 0 && of.every((id) => /^T\d{4}(?:\.\d{3})?$/.test(id))))
  assert.deepEqual(benign.techniques.flat(), [])
})

test('nothing in the recorded corpus tells whose machine it was', async () => {
  const [benign] = await readOwnCorpora()
  const text = JSON.stringify(benign?.events)
  assert.doesNotMatch(text, /\/work\/|\/opt\/|cloudsdk|firebreak|\/pids\/|corpora/i)
  const own = /"(?:SourceIp|DestinationIp)":"(?!192\.0\.2\.|198\.51\.100\.|127\.0\.0\.1"|::1"|0\.0\.0\.0"|::")([^"]*)"/
  assert.equal(own.exec(text)?.[1], undefined)
})
