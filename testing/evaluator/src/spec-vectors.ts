import { ruleOf, type Vector, vector, VECTOR_RULE } from './vector.ts'

const PLAIN = String.raw
const SYSMON = { Channel: 'Microsoft-Windows-Sysmon/Operational', EventID: 1 }

/** Every example of detection in the pages of Sigma 2.1.0 on rules, modifiers and filters, with events to each. */
export const SPEC_VECTORS: readonly Vector[] = [
  {
    name: 'a simple rule',
    yaml: PLAIN`title: Whoami Execution
id: ${VECTOR_RULE}
description: Detects a whoami.exe execution
references:
      - https://speakerdeck.com/heirhabarov/hunting-for-privilege-escalation-in-windows-environment
author: Florian Roth
date: 2019-10-23
logsource:
    category: process_creation
    product: windows
detection:
    selection:
        Image: 'C:\Windows\System32\whoami.exe'
    condition: selection
level: high
`,
    source: {},
    matching: [
      { ...SYSMON, Image: PLAIN`C:\Windows\System32\whoami.exe` },
      { ...SYSMON, Image: PLAIN`c:\windows\SYSTEM32\WHOAMI.exe` },
    ],
    others: [
      { ...SYSMON, Image: PLAIN`C:\Windows\System32\whoami.exe ` },
      { ...SYSMON, Image: PLAIN`D:\C:\Windows\System32\whoami.exe` },
      { ...SYSMON, EventID: 5, Image: PLAIN`C:\Windows\System32\whoami.exe` },
      SYSMON,
    ],
  },
  vector('? is one character', `selection: {Image: 'prog?.exe'}\ncondition: selection`, {
    matching: [{ Image: 'progA.exe' }, { Image: 'PROGb.EXE' }, { Image: 'prog\u{1f525}.exe' }, { Image: 'prog?.exe' }],
    others: [{ Image: 'prog.exe' }, { Image: 'progAB.exe' }, { Image: 'progA.exe2' }],
  }),
  vector('* is any run', `selection: {Image: 'antivirus_V*.exe'}\ncondition: selection`, {
    matching: [{ Image: 'antivirus_V1.exe' }, { Image: 'antivirus_V21.2.1.exe' }, { Image: 'antivirus_V.exe' }],
    others: [{ Image: 'antivirus_1.exe' }, { Image: 'antivirus_V1.exe.bak' }, { Image: 'antivirus_V.ex' }],
  }),
  vector(
    'a list of strings',
    `keywords:
    - 'EVILSERVICE'
    - 'svchost.exe -n evil'
condition: keywords`,
    {
      matching: [{ a: 'the EvilService starts' }, { a: 1, b: { c: 'C:\\svchost.exe -n evil.dll' } }],
      others: [{ a: 'evil service' }, { EVILSERVICE: 'name' }, { a: 'svchost.exe', b: '-n evil' }, { a: null }],
    },
  ),
  vector(
    'a list of maps',
    PLAIN`selection:
    - Image|endswith: '\\example.exe'
    - Description|contains: 'Test executable'
condition: selection`,
    {
      matching: [{ Image: 'C:\\Example.exe' }, { Description: 'a test executable.' }],
      others: [{ Image: 'example.exe' }, { Image: 'C:\\example.exe.bak', Description: 'Test' }, {}],
    },
  ),
  vector(
    'a map with a list of numbers',
    `selection:
    EventLog: Security
    EventID:
        - 517
        - 1102
condition: selection`,
    {
      matching: [
        { EventLog: 'security', EventID: 517 },
        { EventLog: 'Security', EventID: '1102' },
      ],
      others: [{ EventLog: 'Security', EventID: 5170 }, { EventLog: 'System', EventID: 517 }, { EventID: 1102 }],
    },
  ),
  vector(
    'a map of four',
    `selection:
      EventLog: Security
      EventID: 4769
      TicketOptions: '0x40810000'
      TicketEncryption: '0x17'
condition: selection`,
    {
      matching: [{ EventLog: 'Security', EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: '0X17' }],
      others: [{ EventLog: 'Security', EventID: 4769, TicketOptions: '0x40810000', TicketEncryption: 23 }],
    },
  ),
  vector(
    'not null',
    `selection:
    EventID: 4738
filter:
    PasswordLastSet: null
condition: selection and not filter`,
    {
      matching: [
        { EventID: 4738, PasswordLastSet: '' },
        { EventID: 4738, PasswordLastSet: '-' },
      ],
      others: [{ EventID: 4738 }, { EventID: 4738, PasswordLastSet: null }],
    },
  ),
  vector(
    'null and empty are two things',
    `selection_main:
    FieldA: 'something'
selection_empty1:
    FieldB: ''
selection_empty2:
    FieldB: null
condition: selection_main and 1 of selection_empty*`,
    {
      matching: [{ FieldA: 'something', FieldB: '' }, { FieldA: 'something', FieldB: null }, { FieldA: 'something' }],
      others: [{ FieldA: 'something', FieldB: ' ' }, { FieldB: '' }],
    },
  ),
  vector(
    'a field exists',
    `selection:
    EventID: 4738
    PasswordLastSet|exists: true
condition: selection`,
    {
      matching: [
        { EventID: 4738, PasswordLastSet: null },
        { EventID: 4738, PasswordLastSet: '' },
      ],
      others: [{ EventID: 4738 }, { EventID: 4739, PasswordLastSet: 'x' }],
    },
  ),
  vector('a percent sign is plain without expand', `selection: {field: '%name%'}\ncondition: selection`, {
    matching: [{ field: '%NAME%' }],
    others: [{ field: 'srv1' }],
    placeholders: { name: ['srv*'] },
  }),
  vector('a placeholder', `selection: {field|expand: '%Servers%'}\ncondition: selection`, {
    matching: [{ field: 'srv' }, { field: 'SRV1' }, { field: 'db' }],
    others: [{ field: '%Servers%' }, { field: 'asrv' }, { field: 'db1' }],
    placeholders: { Servers: ['srv*', 'db'] },
  }),
  vector('an escaped percent sign', PLAIN`selection: {field|expand: '\%plain%name%'}` + '\ncondition: selection', {
    matching: [{ field: '%plainsrv' }],
    others: [{ field: '\\%plainsrv' }, { field: '%plain%name%' }],
    placeholders: { name: ['srv'], plain: ['no'] },
  }),
  vector(
    'keywords',
    `mimikatz_keywords:
    - 'event::clear'
    - 'event::drop'
condition: mimikatz_keywords`,
    {
      matching: [{ ScriptBlockText: 'mimikatz event::Clear' }, { a: ['x', 'event::drop'] }],
      others: [{ ScriptBlockText: 'event:clear' }, {}],
    },
  ),
  vector(
    'keywords, all of them',
    `keywords_cmdlet:
    '|all':
        - 'OabVirtualDirectory'
        - ' -ExternalUrl '
condition: keywords_cmdlet`,
    {
      matching: [{ a: 'Set-OabVirtualDirectory -ExternalUrl x' }, { a: 'oabvirtualdirectory', b: 'a -ExternalUrl b' }],
      others: [{ a: 'Set-OabVirtualDirectory -ExternalUrl' }, { a: ' -ExternalUrl ' }],
    },
  ),
  ...conditions(),
  filter('the filter of the specification, to the letter', 'selection', {
    matching: ['adm_kim'],
    others: ['kim', null],
  }),
  filter('the filter that is meant', 'not selection', { matching: ['kim', null], others: ['adm_kim', 'ADM_'] }),
]

/** The conditions of the specification, over selections that are each one field. */
function conditions(): readonly Vector[] {
  const selections = ['selection', 'selection1', 'keywords', 'keywords1', 'keywords2', 'filter', 'filters', '_example']
  const of = (condition: string, matching: readonly string[], others: readonly string[]): Vector => {
    const used = selections.filter((name) => isUsed(name, condition))
    const yaml = [...used.map((name) => `${name}: {${name}: 1}`), `condition: ${condition}`].join('\n')
    return vector(condition, yaml, { matching: matching.map(eventWith), others: others.map(eventWith) })
  }
  return [
    of('keywords1 or keywords2', ['keywords1', 'keywords2', 'keywords1 keywords2'], ['keywords']),
    of('1 of them', ['selection', 'filter', 'keywords'], ['_example', '']),
    of('all of them', ['selection selection1 keywords keywords1 keywords2 filter filters'], ['selection', '_example']),
    of('all of selection*', ['selection selection1', 'selection selection1 filter'], ['selection', 'selection1']),
    of('1 of selection* and keywords', ['selection keywords', 'selection1 keywords'], ['selection', 'keywords']),
    of(
      '1 of selection* and not 1 of filter*',
      ['selection', 'selection1'],
      ['selection filter', 'selection1 filters', ''],
    ),
    of('keywords and not filters', ['keywords', 'keywords filter'], ['keywords filters', '', 'filters']),
    of('selection1 and (keywords1 or keywords2)', ['selection1 keywords2'], ['selection1', 'keywords1 keywords2']),
  ]
}

function isUsed(name: string, condition: string): boolean {
  return condition.includes('them') || name !== '_example'
}

function eventWith(names: string): Readonly<Record<string, number>> {
  return Object.fromEntries(names.split(' ').map((name) => [name, 1]))
}

interface Users {
  readonly matching: readonly (string | null)[]
  readonly others: readonly (string | null)[]
}

function filter(name: string, condition: string, { matching, others }: Users): Vector {
  const rule = ruleOf(`selection: {EventID: 1}\ncondition: selection`).replace(
    /^logsource.*$/m,
    'logsource: {category: process_creation, product: windows}',
  )
  const yaml = `${rule}---
title: Filter Administrator account
description: The valid administrator account start with adm_
logsource:
    category: process_creation
    product: windows
filter:
    rules:
        - ${VECTOR_RULE}
    selection:
        User|startswith: 'adm_'
    condition: ${condition}
`
  const event = (user: string | null): unknown => (user === null ? SYSMON : { ...SYSMON, User: user })
  return { name, yaml, source: {}, matching: matching.map(event), others: others.map(event) }
}
