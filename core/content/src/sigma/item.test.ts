import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocuments, readSelection, ruleOf } from './sigma-fixture.ts'

type Selection = Parameters<typeof readSelection>[0]
type Row = readonly (readonly [selection: Selection, shown: string])[]

function check(rows: Row, placeholders: Readonly<Record<string, readonly string[]>> = {}): void {
  for (const [selection, shown] of rows) {
    assert.equal(readSelection(selection, placeholders), shown, JSON.stringify(selection).slice(0, 200))
  }
}

test('maps are AND, lists are OR, and values of a kind are one test', () => {
  check([
    [
      { EventLog: 'Security', EventID: [517, 1102] },
      '(EventLog equals <security> & EventID equals <517>, equals <1102>)',
    ],
    [{ TicketOptions: '0x40810000' }, 'TicketOptions equals <0x40810000>'],
    [
      [{ 'Image|endswith': '\\\\example.exe' }, { 'Description|contains': 'Test executable' }],
      '(Image ends-with <\\example.exe> | Description contains <test executable>)',
    ],
    [{ 'A|contains': ['x', 'Y', 'X'] }, 'A contains <x>, contains <y>'],
    [{ 'A|contains|all': ['x', 'y'] }, '(A contains <x> & A contains <y>)'],
    [{ 'A|all': ['*x*', '*y'] }, '(A contains <x> & A ends-with <y>)'],
    [{ 'Threat Name': 'x' }, 'ThreatName equals <x>'],
    [{ A: [] }, 'content/schema'],
    [{ 'A|contains|all': 'x' }, 'content/modifier'],
    [{ 'A|contains|all': ['x'] }, 'content/modifier'],
    [{ ' ': 'x' }, 'content/schema'],
    [{ 'A\ud800': 'x' }, 'content/schema'],
    [[{ A: 1 }, ['x']], 'content/schema'],
    [{ A: { b: 1 } }, 'content/schema'],
    [{ A: [['x']] }, 'content/schema'],
    [{}, 'content/schema'],
    [[], 'content/schema'],
    [[{}], 'content/schema'],
    [[['x']], 'content/schema'],
  ])
})

test('null, empty, numbers and booleans are different things', () => {
  check([
    [{ A: null }, 'A null'],
    [{ A: '' }, 'A equals <>'],
    [{ 'A|neq': null }, '!A null'],
    [{ A: ['', null] }, 'content/schema'],
    [{ 'A|contains': null }, 'content/modifier'],
    [{ 'A|cased': null }, 'content/modifier'],
    [{ 'A|re': null }, 'content/modifier'],
    [{ 'A|windash': null }, 'content/modifier'],
    [{ 'A|expand': null }, 'content/modifier'],
    [{ 'A|windash': 5 }, 'content/modifier'],
    [{ 'A|base64': true }, 'content/modifier'],
    [{ 'A|all': null }, 'content/modifier'],
    [{ A: -0 }, 'A equals <0>'],
    [{ A: 1.5 }, 'A equals <1.5>'],
    [{ A: 1e-7 }, 'A equals <1e-7>'],
    [{ A: [true, 'TRUE', 4] }, 'A equals <true>, equals <4>'],
    [{ 'A|contains': 46 }, 'A contains <46>'],
    [{ A: 2 ** 53 }, 'content/schema'],
    [{ A: Infinity }, 'content/schema'],
    [{ A: NaN }, 'content/schema'],
    [{ 'A|contains': '' }, 'A contains <>'],
    [{ 'A|startswith': '' }, 'A contains <>'],
    [{ A: '*' }, 'A contains <>'],
    [{ A: '\ud800' }, 'content/schema'],
  ])
})

test('keywords are looked for anywhere in a value of any field', () => {
  check([
    [['EVILSERVICE', 'svchost.exe -n evil'], 'ANY contains <evilservice>, contains <svchost.exe -n evil>'],
    ['one', 'ANY contains <one>'],
    [4624, 'ANY contains <4624>'],
    ['a*b', 'ANY glob <*a*b*>'],
    [
      { '|all': ['OabVirtualDirectory', ' -ExternalUrl '] },
      '(ANY contains <oabvirtualdirectory> & ANY contains < -externalurl >)',
    ],
    [{ '|re': 'a+' }, 'ANY re/a+/'],
    [{ '|contains': ['x', 'y'] }, 'ANY contains <x>, contains <y>'],
    [{ '|startswith': 'x' }, 'ANY starts-with <x>'],
    [{ '|cased': 'X' }, 'ANY cased contains <X>'],
    [{ '|all': ['x', 'y'], A: 1 }, '((ANY contains <x> & ANY contains <y>) & A equals <1>)'],
    [['x', { A: 1 }, 'y', { B: 2 }], '(ANY contains <x>, contains <y> | A equals <1> | B equals <2>)'],
    [null, 'content/schema'],
    [['x', null], 'content/schema'],
    [{ '|contains': null }, 'content/schema'],
    [{ '|all': 'x' }, 'content/modifier'],
    [{ '|exists': true }, 'content/modifier'],
    [{ '|cidr': '10.0.0.0/8' }, 'content/modifier'],
    [{ '|gt': 4 }, 'content/modifier'],
    [{ '|fieldref': 'A' }, 'content/modifier'],
    [{ '|hour': 4 }, 'content/modifier'],
  ])
})

test('the generic modifiers', () => {
  check([
    [{ 'A|startswith': 'adm' }, 'A starts-with <adm>'],
    [{ 'A|endswith': '\\Cmd.exe' }, 'A ends-with <\\cmd.exe>'],
    [{ 'A|contains': 'a*b' }, 'A glob <*a*b*>'],
    [{ 'A|contains': '*a' }, 'A contains <a>'],
    [{ 'A|startswith': '*a?' }, 'A glob <*a?*>'],
    [{ 'A|cased|contains': 'aB' }, 'A cased contains <aB>'],
    [{ 'A|cased': ['a', 'A'] }, 'A cased equals <a>, equals <A>'],
    [{ 'A|exists': true }, 'A exists'],
    [{ 'A|exists': false }, '!A exists'],
    [{ 'A|exists': 'true' }, 'content/modifier'],
    [{ 'A|exists': [true, false] }, 'content/modifier'],
    [{ 'A|neq': 'x' }, '!A equals <x>'],
    [{ 'A|neq': ['x', 5] }, '!A equals <x>, equals <5>'],
    [{ 'A|contains|all|neq': ['x', 'y'] }, '!(A contains <x> & A contains <y>)'],
    [{ 'A|re|neq': 'x' }, '!A re/x/'],
    [{ 'A|unknown': 'x' }, 'content/modifier'],
    [{ 'A|wide|cased|utf16be': 'x' }, 'content/modifier'],
    [{ 'A|wide|base64|cased': 'cmd' }, 'A cased equals <YwBtAGQA>'],
    [{ 'A|utf16le|base64': 'cmd' }, 'A equals <ywbtagqa>'],
    [{ 'A|utf16be|base64|cased': 'cmd' }, 'A cased equals <AGMAbQBk>'],
    [{ 'A|utf16|base64|cased': 'cmd' }, 'A cased equals <//5jAG0AZAA=>'],
    [{ 'A|base64offset|contains': 'foo' }, 'A contains <zm9v>, contains <zvb>, contains <mb2>'],
  ])
})

test('regular expressions are taken as they are written', () => {
  check([
    [{ 'A|re': 'a\\*b\\\\' }, 'A re/a\\*b\\\\/'],
    [{ 'A|re': ['a', 'b'] }, 'A re/a/, re/b/'],
    [{ 'A|re|all': ['a', 'b'] }, '(A re/a/ & A re/b/)'],
    [{ 'A|re|i|m|s': 'a' }, 'A re/a/ims'],
    [{ 'A|re|i': 'a' }, 'A re/a/i'],
    [{ 'A|re|s|m': 'a' }, 'A re/a/ms'],
    [{ 'A|re': '(' }, 'content/regex-syntax'],
    [{ 'A|re': '(?=a)' }, 'content/regex-unsupported'],
    [{ 'A|re': ['(', 'a', '[', '\\1'] }, 'content/regex-syntax content/regex-syntax content/regex-unsupported'],
    [{ 'A|re': 5 }, 'content/modifier'],
  ])
})

test('comparisons are between numbers', () => {
  check([
    [{ 'A|lt': 5 }, 'A lt 5'],
    [{ 'A|lte': -1.5 }, 'A lte -1.5'],
    [{ 'A|gt': [1, 2] }, '(A gt 1 | A gt 2)'],
    [{ 'A|gte|all': [1, 2] }, '(A gte 1 & A gte 2)'],
    [{ 'A|gte|neq': 0 }, '!A gte 0'],
    [{ 'A|lt': '5' }, 'content/modifier'],
    [{ 'A|lt': true }, 'content/modifier'],
    [{ 'A|lt': Infinity }, 'content/schema'],
  ])
})

test('zero has one form', () => {
  const [rule] = readDocuments([ruleOf({ selection: { 'A|gt': -0 }, condition: 'selection' })]).rules
  assert.deepEqual(rule?.selections[0]?.test, {
    kind: 'test',
    field: 'A',
    match: { kind: 'compare', operator: 'gt', number: 0 },
  })
})

test('parts of a time', () => {
  check([
    [{ 'A|hour': 8 }, 'A hour 8'],
    [{ 'A|minute': [59, 0, 59] }, 'A minute 0,59'],
    [{ 'A|week': 53 }, 'A week 53'],
    [{ 'A|day|gte': 30 }, 'A day 30,31'],
    [{ 'A|hour|lt': 2 }, 'A hour 0,1'],
    [{ 'A|month|lte': 2 }, 'A month 1,2'],
    [{ 'A|hour|gt': [22, 21] }, 'A hour 22,23'],
    [{ 'A|hour|all|gt': [20, 22] }, '(A hour 21,22,23 & A hour 23)'],
    [{ 'A|year|lt': 3 }, 'A year 0,1,2'],
    [{ 'A|month|neq': 12 }, '!A month 12'],
    [{ 'A|minute': 60 }, 'content/modifier'],
    [{ 'A|hour': 24 }, 'content/modifier'],
    [{ 'A|day': 0 }, 'content/modifier'],
    [{ 'A|week': 54 }, 'content/modifier'],
    [{ 'A|month': 13 }, 'content/modifier'],
    [{ 'A|year': 10_000 }, 'content/modifier'],
    [{ 'A|hour|lt': 0 }, 'content/modifier'],
    [{ 'A|hour': 8.5 }, 'content/modifier'],
    [{ 'A|hour|gt': 8.5 }, 'content/modifier'],
    [{ 'A|hour': '8' }, 'content/modifier'],
  ])
})

test('references to other fields', () => {
  check([
    [{ 'A|fieldref': 'B' }, 'A equals field B'],
    [{ 'A|fieldref': ['B', 'C D'] }, '(A equals field B | A equals field CD)'],
    [{ 'A|fieldref|all': ['B', 'C'] }, '(A equals field B & A equals field C)'],
    [{ 'A|fieldref|neq': 'B' }, '!A equals field B'],
    [{ 'A|fieldref|startswith': 'B' }, 'A starts-with field B'],
    [{ 'A|endswith|fieldref': 'B' }, 'A ends-with field B'],
    [{ 'A|fieldref|contains|cased': 'B' }, 'A cased contains field B'],
    [{ 'A|fieldref': '' }, 'content/modifier'],
    [{ 'A|fieldref': 'B*' }, 'content/modifier'],
    [{ 'A|fieldref': 5 }, 'content/modifier'],
    [{ 'A|fieldref': 'x'.repeat(129) }, 'content/limit'],
  ])
})

test('placeholders become the values of the pack', () => {
  const tables = { servers: ['srv*', 'DB?1'], dc: ['dc1', 'dc2'], nets: ['10.0.0.0/8', '::1'], empty: [] }
  check(
    [
      [{ A: '%dc%' }, 'A equals <%dc%>'],
      [{ 'A|re': '%dc%' }, 'A re/%dc%/'],
      [{ 'A|expand': '%dc%' }, 'A equals <dc1>, equals <dc2>'],
      [{ 'A|expand': '%servers%' }, 'A starts-with <srv>, glob <db?1>'],
      [{ 'A|contains|expand': 'x%dc%y' }, 'A contains <xdc1y>, contains <xdc2y>'],
      [{ 'A|expand': '%dc%-%dc%' }, 'A equals <dc1-dc1>, equals <dc1-dc2>, equals <dc2-dc1>, equals <dc2-dc2>'],
      [{ 'A|expand': '\\%plain%dc%' }, 'A equals <%plaindc1>, equals <%plaindc2>'],
      [{ 'A|expand': '\\%dc\\%' }, 'A equals <%dc%>'],
      [{ 'A|expand': '\\\\%dc%' }, 'A equals <\\dc1>, equals <\\dc2>'],
      [{ 'A|expand': '100% of 5%' }, 'A equals <100% of 5%>'],
      [{ 'A|expand': ['a', 5] }, 'A equals <a>, equals <5>'],
      [{ 'A|expand|all': ['%dc%', 'x'] }, '(A equals <dc1>, equals <dc2> & A equals <x>)'],
      [{ 'A|expand|cidr': '%nets%' }, 'A in 0:0:ffff:a000000/104, in 0:0:0:1/128'],
      [{ 'A|re|expand': '^%dc%\\\\.\\%$' }, 'A re/^dc1\\\\.%$/, re/^dc2\\\\.%$/'],
      [{ 'A|fieldref|expand': '%dc%' }, '(A equals field dc1 | A equals field dc2)'],
      [{ 'A|expand|windash': '-%dc%' }, 'A glob <\\-dc1>, glob <\\-dc2>'],
      [{ 'A|windash|expand': '-%dc%' }, 'A equals <-dc1>, equals <-dc2>'],
      [{ 'A|expand|base64': '%dc%' }, 'A equals <zgmx>, equals <zgmy>'],
      [{ 'A|expand': '%unknown%' }, 'content/modifier'],
      [{ 'A|expand': ['%unknown%', '%dc%', '%other%'] }, 'content/modifier content/modifier'],
      [{ 'A|expand': '%empty%' }, 'content/modifier'],
      [{ 'A|expand|base64': '%servers%' }, 'content/modifier'],
      [{ 'A|expand': '%dc%'.repeat(20) }, 'content/limit'],
    ],
    tables,
  )
})
