import { companionRule, companionTest } from '../companions.ts'
import { editSomeRule, type PlainMap, withDocuments, withEntry } from '../source-edit.ts'
import type { SourceExhibit } from './exhibit.ts'

function brings(detection: PlainMap): SourceExhibit['apply'] {
  return (source) => withDocuments(source, [companionRule(50, detection)], [])
}

/** 21 fields of which a sensor supplies 20. */
const TWENTY = [
  'Image',
  'CommandLine',
  'CurrentDirectory',
  'User',
  'UserId',
  'GroupId',
  'ProcessId',
  'ProcessGuid',
  'ProcessName',
  'StartTime',
  'ParentImage',
  'ParentCommandLine',
  'ParentProcessId',
  'ParentProcessGuid',
  'ParentProcessName',
  'ParentUser',
  'ParentCurrentDirectory',
  'CgroupId',
  'ContainerId',
  'Hashes',
] as const

function twentyFirstField(): { readonly rule: PlainMap; readonly test: PlainMap } {
  const fields = [...TWENTY, 'TwentyFirst']
  const event = Object.fromEntries(fields.map((field) => [field, 'x']))
  const others = fields.map((field) => ({ ...event, [field]: 'y' }))
  return {
    rule: companionRule(51, { selection: event, condition: 'selection' }),
    test: companionTest(51, [event, Object.fromEntries(fields.map((field) => [field, 'X']))], others),
  }
}

/** What was there once before. */
const ROWS = Array.from({ length: 6_000 }, (_, i) => `feature-${i}`)

/** What a reader of the source can see. */
export const CONTENT_EXHIBITS: readonly SourceExhibit[] = [
  {
    kind: 'source',
    id: 'channel-file-291',
    date: '2024-07-19',
    aims: { check: 'contract', code: 'detect/unsupplied-field' },
    what: 'A rule compares 21 fields, of which the sensor supplies 20.',
    happened:
      'A content file used the 21st input of a template for the first time; the sensor supplied 20. The interpreter read behind the end, in the kernel, on 8.5 million Windows hosts.',
    source: 'CrowdStrike, External Technical Root Cause Analysis: Channel File 291, 6 August 2024',
    apply: (source) => {
      const { rule, test } = twentyFirstField()
      return withDocuments(source, [rule], [test])
    },
  },
  {
    kind: 'source',
    id: 'service-control-blank-fields',
    date: '2025-06-12',
    aims: { check: 'source', code: 'content/schema' },
    what: 'A rule has its keys, with nothing behind them.',
    happened:
      'A policy with unintended blank fields was inserted and replicated globally within seconds. Code that had never met one followed a null pointer, and crashed in a loop in every region.',
    source: 'Google Cloud Service Health, incident ow5i3PPK96RduMcb1SsW',
    apply: (source, random) =>
      editSomeRule(source, random, (rule) => withEntry(withEntry(rule, 'logsource', null), 'detection', null)),
  },
  {
    kind: 'source',
    id: 'feature-file-doubled',
    date: '2025-11-18',
    aims: { check: 'source', code: 'content/limit' },
    what: 'A list of values is there twice over, and longer than its limit.',
    happened:
      'A query returned its rows twice, so that the feature file of bot management doubled. Proxies that had room for 200 features panicked instead of keeping the file before.',
    source: 'Cloudflare, Cloudflare outage on November 18, 2025',
    apply: brings({ selection: { CommandLine: [...ROWS, ...ROWS] }, condition: 'selection' }),
  },
  {
    kind: 'source',
    id: 'delimiter-lost',
    date: '2021-04-28',
    aims: { check: 'source', code: 'content/regex-syntax' },
    what: 'A regular expression has lost its end.',
    happened:
      'A third-party signature had a regular expression without its closing delimiter. The scanner reloaded its database, called it malformed and ended, and mail stopped with it.',
    source: 'github.com/rseichter/fangfrisch issue 11',
    apply: brings({ selection: { 'CommandLine|re': 'curl (-s|--silent' }, condition: 'selection' }),
  },
  {
    kind: 'source',
    id: 'backtracking',
    date: '2016-07-20',
    aims: { check: 'source', code: 'content/regex-unsupported' },
    what: 'A regular expression that only a backtracking engine can run.',
    happened:
      'A regular expression that trims white space met a line with 20,000 spaces, took time that grew with the square, and took the site down.',
    source: 'Stack Exchange, Outage Postmortem, July 20, 2016',
    apply: brings({ selection: { 'CommandLine|re': '^(\\s+)x?\\1+$' }, condition: 'selection' }),
  },
  {
    kind: 'source',
    id: 'empty-pack',
    date: null,
    aims: { check: 'source', code: 'content/schema' },
    what: 'The pack has a manifest, and nothing in it.',
    happened:
      'A build that found no input produced a database without a signature, which replaced the one that had them.',
    source: null,
    apply: ({ manifest }) => ({ manifest, rules: [], tests: [], indicators: [] }),
  },
  {
    kind: 'source',
    id: 'duplicate-ids',
    date: null,
    aims: { check: 'source', code: 'content/schema' },
    what: 'A copied rule kept its id.',
    happened: 'Two rules of one id: of which a detection, an exception or a recall speaks, nobody can tell.',
    source: null,
    apply: (source) =>
      withDocuments(source, [{ ...companionRule(1, { selection: { Image: '/x' }, condition: 'selection' }) }], []),
  },
]
