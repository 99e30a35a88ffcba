import { own } from './own.ts'

/** A tactic, technique or sub-technique of MITRE ATT&CK, as a Sigma tag names it. */
export interface AttackTag {
  /** `T1059.001`; null for a tactic. */
  readonly technique: string | null
  /** `TA0002`; null for a technique. */
  readonly tactic: string | null
  /** `Execution`; null for a technique: Sigma's tags carry no names of them. */
  readonly tacticName: string | null
}

const TECHNIQUE = /^attack\.(t\d{4}(?:\.\d{3})?)$/i

/** Sigma's names of the enterprise tactics, ATT&CK's ids and names of them. */
const TACTICS: Readonly<Record<string, readonly [id: string, name: string] | null>> = {
  reconnaissance: ['TA0043', 'Reconnaissance'],
  'resource-development': ['TA0042', 'Resource Development'],
  'initial-access': ['TA0001', 'Initial Access'],
  execution: ['TA0002', 'Execution'],
  persistence: ['TA0003', 'Persistence'],
  'privilege-escalation': ['TA0004', 'Privilege Escalation'],
  'defense-evasion': ['TA0005', 'Defense Evasion'],
  stealth: ['TA0005', 'Stealth'],
  'defense-impairment': ['TA0112', 'Defense Impairment'],
  'credential-access': ['TA0006', 'Credential Access'],
  discovery: ['TA0007', 'Discovery'],
  'lateral-movement': ['TA0008', 'Lateral Movement'],
  collection: ['TA0009', 'Collection'],
  'command-and-control': ['TA0011', 'Command and Control'],
  exfiltration: ['TA0010', 'Exfiltration'],
  impact: ['TA0040', 'Impact'],
}

/** What the tags say of ATT&CK, each once; groups, software and other tags are left out. */
export function attackTags(tags: readonly string[]): readonly AttackTag[] {
  const found = new Map<string, AttackTag>()
  for (const tag of tags) {
    const technique = TECHNIQUE.exec(tag)?.[1]?.toUpperCase()
    if (technique !== undefined) found.set(technique, { technique, tactic: null, tacticName: null })
    const name = tag.startsWith('attack.') ? tag.slice('attack.'.length).toLowerCase().replaceAll('_', '-') : ''
    const tactic = own(TACTICS, name, null)
    if (tactic !== null) found.set(tactic[0], { technique: null, tactic: tactic[0], tacticName: tactic[1] })
  }
  return [...found.values()]
}
