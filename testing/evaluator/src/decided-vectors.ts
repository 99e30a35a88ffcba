import { itemVector as item, ruleOf, type Vector, vector, VECTOR_RULE } from './vector.ts'

const PLAIN = String.raw
const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015']
const BYTES_MAX = 32_768

/** What every modifier and every question that the specification leaves open means here. */
export const DECIDED_VECTORS: readonly Vector[] = [
  ...texts(),
  ...escapes(),
  ...nothings(),
  ...dashes(),
  ...encodings(),
  ...regexes(),
  ...numbers(),
  ...times(),
  ...addresses(),
  ...references(),
  ...placeholders(),
  ...keywords(),
  ...shapes(),
  ...conditions(),
  ...filters(),
]

function texts(): readonly Vector[] {
  return [
    item(
      'F',
      'abc',
      ['abc', 'ABC', ['x', 'Abc'], { ' F ': 'abc' }],
      ['abcd', 'xabc', ' abc', '', null, {}, ['x'], { f: 'abc' }],
    ),
    item('F', ['a', 'b'], ['a', 'B'], ['ab', '']),
    item('F|startswith', 'ab', ['ab', 'ABc'], ['xab', 'a']),
    item('F|endswith', 'ab', ['ab', 'cAB'], ['abx', 'b']),
    item('F|contains', 'ab', ['ab', 'xABx', 'a\nab'], ['a b', '']),
    item('F|contains|all', ['ab', 'cd'], ['abcd', 'CD ab', ['ab', 'cd']], ['ab', 'cd', ['ab', 'x']]),
    item('F|contains|cased', 'aB', ['xaBx'], ['xabx', 'AB']),
    item('F|cased', 'aB', ['aB'], ['ab', 'AB']),
    item('F|startswith', 'a*c', ['abcd', 'AC'], ['ab', 'xac']),
    item('F|contains', 'a?c', ['xabcx', 'a\u{1f525}c', 'a\nc'], ['ac', 'abbc']),
    item('F|contains', '', ['', 'x', 0, false], [null, {}]),
    item('F', '*', ['', 'x', 'a\r\nb'], [null, {}]),
    item('F', '?*', ['x', 'xy'], ['', null]),
    item('F', 'a*b*c', ['abc', 'a\nb\nc', 'axbxbxc'], ['acb', 'abcd', 'ab']),
    item('F', '*??', ['a\u{1f525}', 'xa\n'], ['\u{1f525}']),
    item('F', 'ab*bc', ['abbc', 'abxbc'], ['abc']),
    item('F', '\u00c4\u03a3\u0416', ['\u00e4\u03c3\u0436'], ['\u00e4\u03c2\u0436', 'a\u03c3\u0436']),
    item('F', 'i', ['I'], ['\u0130', '\u0131']),
    item('F', '\u0130', ['\u0130'], ['i\u0307', 'i']),
    item('F', 'ss', ['SS'], ['\u00df']),
    item('F', '\ufffd', ['\ud800', '\udc00', '\ufffd'], ['\ud800\udc00', '?']),
    item('F', 46, [46, '46', [1, 46]], ['046', '46.0', 4, '0x2e']),
    item('F|contains', 46, [1468, '46'], [4]),
    item('F', true, [true, 'TRUE'], [1, 'yes', false]),
    item('F', 0, [0, -0, '0'], ['', '-0', false]),
    item('F', '1.5', [1.5, '1.5'], ['1.50']),
    item('New Value', 'x', [{ NewValue: 'x' }, { 'New Value': 'x' }], [{ Newvalue: 'x' }]),
    item('F|endswith', 'end', [`${'x'.repeat(BYTES_MAX - 3)}end`], [`${'x'.repeat(BYTES_MAX - 2)}end`]),
    item('F|endswith', '\u00e4', [`${'x'.repeat(BYTES_MAX - 2)}\u00e4\u00f6`], [`${'x'.repeat(BYTES_MAX - 1)}\u00e4`]),
  ]
}

function escapes(): readonly Vector[] {
  return [
    item('F', PLAIN`a\b`, [PLAIN`a\b`], ['ab', PLAIN`a\\b`]),
    item('F', PLAIN`a\\b`, [PLAIN`a\b`], [PLAIN`a\\b`]),
    item('F', PLAIN`a\*`, ['a*'], ['ab', PLAIN`a\*`, 'a']),
    item('F', PLAIN`a\?`, ['a?'], ['ab', PLAIN`a\?`]),
    item('F', PLAIN`a\\*`, [PLAIN`a\b`, PLAIN`a\ `.trimEnd()], ['a*', 'ab']),
    item('F', PLAIN`a\\\*`, [PLAIN`a\*`], [PLAIN`a\b`, 'a*']),
    item('F', PLAIN`a\\\b`, [PLAIN`a\\b`], [PLAIN`a\b`, PLAIN`a\\\b`]),
    item('F', PLAIN`a\\\\b`, [PLAIN`a\\b`], [PLAIN`a\b`]),
    item('F', 'a\\', ['a\\'], ['a', 'a\\\\']),
    item('F|endswith', PLAIN`\cmd.exe`, [PLAIN`C:\cmd.exe`, PLAIN`\CMD.EXE`], ['cmd.exe']),
    item('F|contains', '%', ['100 %'], ['100']),
  ]
}

function nothings(): readonly Vector[] {
  return [
    item('F', null, [null, {}, [null, null], [], { F: {} }], [[null, 'x'], '', '-', ' ', 0, false, 'null']),
    item('F', '', ['', ['x', '']], [null, {}, ' ', 'x', 0]),
    item('F|neq', null, ['', 'x'], [null, {}]),
    item('F|neq', 'x', ['y', '', null, {}, ['y', 'z']], ['x', 'X', ['y', 'x']]),
    item('F|neq', ['x', 1], ['y', {}], ['x', 1, '1']),
    item('F|contains|neq', 'x', ['y', {}], ['yxy']),
    item('F|contains|all|neq', ['x', 'y'], ['x', 'y', {}], ['xy']),
    item('F|exists', true, ['', null, 'x', 0], [{}, { G: 1 }]),
    item('F|exists', false, [{}, { G: 1 }], ['', null, 'x']),
  ]
}

function dashes(): readonly Vector[] {
  const everyDash = (text: string): readonly string[] => DASHES.map((dash) => text.replaceAll('-', dash))
  return [
    item('F|windash|contains', ' -enc', everyDash('x -ENC'), ['x enc', 'x_enc', 'x --', 'x \u2212enc']),
    item('F|contains|windash', ' /a', everyDash('x -a'), ['x a']),
    item('F|windash', '-a', everyDash('-A'), ['a', '--a']),
    item('F|contains|windash', '-a -b', ['-a -b', '/a \u2014b', '\u2013a /b'], ['a b']),
    item('F|windash', 'a-b', ['a-b'], ['a/b', 'a\u2013b']),
    item('F|windash', '-', ['-'], ['/']),
    item('F|windash', 'a -', ['a -'], ['a /']),
    item('F|windash', '--all', ['--all', '-/all'], ['//all', '/-all']),
    item('F|windash', 'x -*', ['x -y'], ['x /y']),
    item('F|windash', '*-x', everyDash('a-x'), ['a_x']),
    item('F|windash', '\u2015x', everyDash('-x'), ['x']),
    item('F|windash|contains|all', [' -a', ' -b'], ['x /a \u2013b', 'x -b -a'], ['x -a']),
    item('F|windash|base64', '-a', ['LWE=', 'L2E='], ['-a', 'LWI=']),
  ]
}

function encodings(): readonly Vector[] {
  return [
    item('F|base64', 'foobar', ['Zm9vYmFy', 'ZM9VYMFY'], ['foobar', 'xZm9vYmFy']),
    item('F|base64|cased', 'foobar', ['Zm9vYmFy'], ['ZM9VYMFY']),
    item('F|base64|contains', 'foo', ['xZm9v', 'Zm9v'], ['Zm9']),
    item('F|base64', '\u00e4', ['w6Q='], ['5A==']),
    item('F|base64', PLAIN`\*`, ['Kg=='], ['XCo=']),
    item('F|base64offset|contains', 'foobar', ['Zm9vYmFy', 'eGZvb2Jhcg==', 'eHhmb29iYXI='], ['Zm9vYm', 'foobar']),
    item('F|base64offset|contains', 'http://', ['aHR0cDovL3g=', 'IGh0dHA6Ly94', 'ICBodHRwOi8veA=='], ['aHR0cHM6Ly8=']),
    item('F|wide|base64offset|contains', 'IEX', ['SQBFAFgA', 'eEkARQBYAA=='], ['SUVY']),
    item('F|utf16le|base64', 'cmd', ['YwBtAGQA'], ['AGMAbQBk']),
    item('F|wide|base64', 'cmd', ['YwBtAGQA'], ['AGMAbQBk']),
    item('F|utf16be|base64', 'cmd', ['AGMAbQBk'], ['YwBtAGQA']),
    item('F|utf16|base64', 'cmd', ['//5jAG0AZAA='], ['YwBtAGQA']),
    item('F|utf16le|base64', '\u20ac', ['rCA='], ['4oKs']),
    item('F|wide|contains', 'cm', ['xc\0m\0x'], ['cm', 'c\0m']),
    item('F|utf16', 'c', ['\u00ff\u00fec\0'], ['c\0']),
    item('F|utf16le', '\u20ac', ['\u00ac '], ['\u20ac']),
    item('F|base64|base64', 'foo', ['Wm05dg=='], ['Zm9v']),
    item('F|utf16be', 'cm', ['\0c\0m'], ['c\0m\0']),
  ]
}

function regexes(): readonly Vector[] {
  return [
    item('F|re', 'a.c', ['abc', 'xabcx', 'a\rc', 'a\u{1f525}c'], ['ABC', 'a\nc', 'ac']),
    item('F|re|i', 'a.c', ['ABC'], ['A\nC']),
    item('F|re|s', 'a.c', ['a\nc'], ['A\nC']),
    item('F|re|m', '^b$', ['a\nb\nc', 'b'], ['a\r\nb\r\nc', 'ab']),
    item('F|re|i|m|s', '^b.c$', ['a\nB\nC'], ['ab\nc']),
    item('F|re', '[^b]$', ['a\u{1f525}', 'ba'], ['\u{1f525}b']),
    item('F|re', '^b$', ['b'], ['b\n', 'a\nb']),
    item('F|re', '(?i)a+b', ['xAAB'], ['b']),
    item('F|re', [PLAIN`^\d{3}$`, '[^a-z]x'], ['123', '1x', 123], ['1234', 'ax']),
    item('F|re', PLAIN`\s\w\\`, [' a\\', '\ta\\'], ['\u00a0a\\', ' -\\']),
    item('F|re|all', ['a', 'b'], ['ab', ['a', 'b']], ['a']),
    item('F|re|neq', 'a', ['b', {}, null], ['a']),
    item('F|re', 'x{,2}|[]]', ['x{,2}', ']'], ['xx']),
    item('F|re', '', ['', 'x'], [null, {}]),
    item('F|re', PLAIN`\-f\"\'\/`, [`-f"'/`], ['f']),
    item('F|re', '(a|b){2,3}?c', ['abc', 'babc'], ['ac']),
  ]
}

function numbers(): readonly Vector[] {
  return [
    item('F|lt', 10, [9, '9', -1, 9.5, '1e0'], [10, 11, 'x', '', null, {}, ' 9', '0x1']),
    item('F|lte', 10, [10, '10.0', 9], [11, '10 ']),
    item('F|gt', 10, [11, '1e2', [1, 11], '99999999999999999999'], [10, 9, true]),
    item('F|gte', -1.5, [-1.5, 0], [-2, '-']),
    item('F|gt|neq', 10, [10, 'x', {}], [11]),
    item('F|lt', [1, 10], [5], [10]),
  ]
}

function times(): readonly Vector[] {
  const at = '2024-12-30T23:59:58.123Z'
  return [
    item('F|minute', 59, [at, '2024-12-30 22:59:00'], ['2024-12-30T23:58:00Z', 59, 'x', '', {}, null]),
    item('F|hour', 23, [at, '2024-12-31T01:30:00+02:00'], ['2024-12-30T22:59:59Z', '2024-12-30T23:59:61Z']),
    item('F|day', 30, [at, '2024-12-30'], ['2024-12-31', '2024-13-30', '2023-02-30']),
    item('F|week', 1, [at, '2024-01-01', '2021-01-04'], ['2024-12-29', '2021-01-01']),
    item('F|week', 53, ['2021-01-03', '2020-12-28'], ['2021-01-04']),
    item('F|month', 12, [at], ['2024-11-30', '12']),
    item('F|year', [2024, 2025], [at, '2025-01-01 00:00:00,5'], ['2023-12-31T23:59:59Z', 2024]),
    item('F|year', 2025, ['2024-12-31T23:30:00-01:00'], [at]),
    item('F|hour|gte', 20, [at], ['2024-12-30T19:59:59Z', 'x']),
    item('F|hour|neq', 23, ['2024-12-30T22:00:00Z', 'x', {}], [at]),
  ]
}

function addresses(): readonly Vector[] {
  return [
    item(
      'F|cidr',
      '10.0.0.0/8',
      ['10.1.2.3', '::ffff:10.0.0.1', '::FFFF:a00:1'],
      ['11.0.0.1', '10.0.0', '010.0.0.1', '', 'x'],
    ),
    item(
      'F|cidr',
      ['192.168.0.0/16', 'fe80::/10'],
      ['192.168.1.1', 'fe80::1%eth0', 'FEBF::'],
      ['192.169.0.1', 'fec0::', {}],
    ),
    item('F|cidr', '::1/128', ['::1', '0:0:0:0:0:0:0:1'], ['::2', '::', '1']),
    item('F|cidr', '0.0.0.0/0', ['1.2.3.4', '::ffff:1.2.3.4'], ['::1', '1.2.3.256', '1.2.3.4.5']),
    item('F|cidr', '::/0', ['::1', 'ff02::1', '1.2.3.4'], ['1:2:3', '1::2::3', 'g::']),
    item('F|cidr', '::ffff:10.0.0.0/104', ['10.1.1.1', '::ffff:10.1.1.1'], ['11.0.0.0', '::10.0.0.1']),
    item('F|cidr', '127.0.0.1', ['127.0.0.1'], ['127.0.0.2']),
    item('F|cidr', '127.0.0.1/32', ['127.0.0.1'], ['127.0.0.2', ' 127.0.0.1', '127.0.0.1/32']),
    item('F|cidr|neq', '10.0.0.0/8', ['11.0.0.1', 'x', {}], ['10.0.0.1']),
  ]
}

function references(): readonly Vector[] {
  return [
    item(
      'F|fieldref',
      'G',
      [
        { F: 'a', G: 'A' },
        { F: 1, G: '1' },
        { F: ['x', 'y'], G: ['y'] },
      ],
      [{ F: 'a' }, { G: 'a' }, {}, { F: null, G: null }, { F: 'a', G: 'ab' }],
    ),
    item('F|fieldref|neq', 'G', [{ F: 'a', G: 'b' }, { F: 'a' }, {}], [{ F: 'a', G: 'a' }]),
    item('F|fieldref|cased', 'G', [{ F: 'a', G: 'a' }], [{ F: 'a', G: 'A' }]),
    item(
      'F|fieldref|startswith',
      'G',
      [{ F: 'abc', G: 'AB' }],
      [
        { F: 'ab', G: 'abc' },
        { F: 'abc', G: 'b' },
      ],
    ),
    item('F|fieldref|endswith', 'G', [{ F: 'abc', G: 'BC' }], [{ F: 'abc', G: 'b' }]),
    item(
      'F|contains|fieldref',
      'G',
      [{ F: 'abc', G: 'b' }],
      [
        { F: 'abc', G: '*' },
        { F: 'abc', G: null },
      ],
    ),
    item('F|fieldref', ['G', 'H'], [{ F: 'a', H: 'a' }], [{ F: 'a', G: 'b', H: 'c' }]),
  ]
}

function placeholders(): readonly Vector[] {
  const of = (key: string, value: string, matching: readonly string[], others: readonly string[]): Vector => {
    const yaml = `selection: {${JSON.stringify(key)}: ${JSON.stringify(value)}, G: g}\ncondition: selection`
    const events = (values: readonly string[]): readonly unknown[] => values.map((F) => ({ F, G: 'g' }))
    const tables = { nets: ['10.0.0.0/8', '::1'], words: ['a*', 'b.c'], field: ['G'] }
    return vector(`${key}: ${value}`, yaml, {
      matching: events(matching),
      others: events(others),
      placeholders: tables,
    })
  }
  return [
    of('F|expand', '%words%-%words%', ['ax-b.c', 'b.c-a', 'A-A'], ['b-a', 'ax']),
    of('F|contains|expand', 'x%words%', ['-xb.c-', 'xa'], ['b.c', 'x']),
    of('F|expand', '%nosuch', ['%nosuch'], ['nosuch']),
    of('F|expand|cidr', '%nets%', ['10.1.1.1', '::1'], ['11.1.1.1']),
    of('F|re|expand', '^%words%$', ['a', 'aa', 'bxc'], ['ab.c', 'b.c.']),
    of('F|fieldref|expand', '%field%', ['G'], ['F']),
    of('F|expand|base64', '%field%', ['Rw=='], ['JWZpZWxkJQ==']),
  ]
}

function keywords(): readonly Vector[] {
  const vectorOf = (
    name: string,
    selection: unknown,
    matching: readonly unknown[],
    others: readonly unknown[],
  ): Vector => vector(name, `keywords: ${JSON.stringify(selection)}\ncondition: keywords`, { matching, others })
  return [
    vectorOf('one keyword', 'a*c', [{ x: 'zAxCz' }, { message: 'raw abc' }], [{ x: 'c a' }, 'raw abc', ['raw abc']]),
    vectorOf('a number as keyword', [4711], [{ x: 4711 }, { x: 'id 47110' }], [{ 4711: 'x' }]),
    vectorOf('keywords and maps', ['word', { F: 'x' }], [{ a: 'a word' }, { F: 'x' }], [{ F: 'y' }]),
    vectorOf('keywords, cased', { '|cased': ['aB'] }, [{ x: 'xaBx' }], [{ x: 'ab' }]),
    vectorOf('keywords, re', { '|re': 'a.c$' }, [{ x: 'xabc' }], [{ x: 'abcx' }]),
    vectorOf('keywords, windash', { '|windash': [' -x'] }, [{ y: 'a /x' }], [{ y: 'a x' }]),
  ]
}

function shapes(): readonly Vector[] {
  const at = (field: string, value: unknown, matching: readonly unknown[], others: readonly unknown[]): Vector =>
    item(field, value, matching, others)
  return [
    at(
      'a.b',
      1,
      [{ a: { b: 1 } }, { 'a.b': 1 }, { a: [{ b: 2 }, { b: 1 }] }, { a: { b: [[1]] } }],
      [{ b: 1 }, { a: 1 }],
    ),
    at('a.b', 1, [{ a: { b: 1 }, 'a.b': 2 }], [{ 'a.b': 2, a: { b: 1 } }]),
    at(
      'EventID',
      7,
      [{ Event: { System: { EventID: { '#text': 7, '#attributes': { Qualifiers: 1 } } } } }],
      [{ System: { EventID: 7 } }],
    ),
    at(
      'Provider_Name',
      'x',
      [{ Event: { System: { Provider: { '#attributes': { Name: 'x' } } } } }, { Provider: { '@Name': 'x' } }],
      [{ Provider: { Name: 'x' } }],
    ),
    at(
      'User',
      'x',
      [{ Event: { EventData: { User: 'x' } } }, { Event: { UserData: { Any: { User: 'x' } } } }],
      [{ EventData: { User: 'x' } }],
    ),
    at('Any.User', 'x', [{ Event: { Any: { User: 'x' } } }], [{ Event: { UserData: { Any: { User: 'x' } } } }]),
    at('F|exists', true, [{ F: [null] }, { F: [[], 1] }, { F: [] }, { F: {} }, { F: { G: 1 } }], [{ 'F.G': 1 }]),
    at('@timestamp', 'x', [{ '@timestamp': 'x' }], [{ timestamp: 'x' }]),
  ]
}

function conditions(): readonly Vector[] {
  const of = (condition: string, matching: readonly string[], others: readonly string[]): Vector => {
    const names = ['a', 'b', 'c', 'sel_x_end', 'sel_y_end', '_hidden', 'sel-z']
    const events = (all: readonly string[]): readonly unknown[] =>
      all.map((one) => Object.fromEntries(one.split(' ').map((name) => [name, 1])))
    const yaml = [...names.map((name) => `${name}: {${name}: 1}`), `condition: ${condition}`].join('\n')
    return vector(condition, yaml, { matching: events(matching), others: events(others) })
  }
  return [
    of('a or b and c', ['a', 'b c', 'a b'], ['b', 'c']),
    of('(a or b) and c', ['a c', 'b c'], ['a', 'a b']),
    of('not a and b', ['b', 'b c'], ['a b', '']),
    of('not (a and b)', ['a', ''], ['a b']),
    of('not not a', ['a'], ['']),
    of('not 1 of sel_*_end', ['a', ''], ['sel_x_end']),
    of('all of sel_*_end', ['sel_x_end sel_y_end'], ['sel_x_end']),
    of('1 of s*d', ['sel_y_end'], ['sel-z']),
    of('1 of a', ['a'], ['b']),
    of('1 of them', ['a'], ['_hidden']),
    of('1 of _*', ['_hidden'], ['a']),
    of('1 of *', ['a', 'sel-z', '_hidden'], ['']),
    of('sel-z and _hidden', ['sel-z _hidden'], ['sel-z']),
    of('[a and b, c]', ['a b', 'c'], ['a']),
  ]
}

function filters(): readonly Vector[] {
  const rule = ruleOf('selection: {F: x}\ncondition: 1 of them')
  const filter = (head: string, rules: string): string => `---
title: Filter
logsource: ${head}
filter:
  rules: ${rules}
  selection: {G: y}
  condition: not selection
`
  const of = (name: string, yaml: string, isFiltered: boolean): Vector => {
    const filtered = { F: 'x', G: 'y' }
    const matching = [{ F: 'x' }, ...(isFiltered ? [] : [filtered])]
    const source = { product: 'linux', service: 'example' }
    return { name, yaml: rule + yaml, source, matching, others: [{ F: 'y' }, ...(isFiltered ? [filtered] : [])] }
  }
  return [
    of('a filter of the same log source', filter('{product: linux, service: example}', `[${VECTOR_RULE}]`), true),
    of('a filter of a wider log source', filter('{product: linux}', VECTOR_RULE), true),
    of('a filter of any rule', filter('{product: linux}', 'any'), true),
    of('a filter of another log source', filter('{product: windows}', 'any'), false),
    of('a filter of a narrower log source', filter('{product: linux, category: x}', 'any'), false),
  ]
}
