import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { STARTER_PACK } from '../places.ts'

/** One more field than the engine supplies: 21 where there are 20. */
export const FIELD_21 = 'ProcessIntegrityLabel'

const RULE_21 = {
  id: '6b1f0c1e-2407-4a19-9a04-0409052721ff',
  rule: `title: Drill, the 21st field
id: 6b1f0c1e-2407-4a19-9a04-0409052721ff
status: test
description: The defect of July 2024. It needs an input that the engine does not supply.
author: Firebreak
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Image|endswith: /named-pipe-client
    ${FIELD_21}: high
  condition: selection
level: high
`,
  match: { Image: '/usr/bin/named-pipe-client', [FIELD_21]: 'high' },
  ignore: { Image: '/usr/bin/named-pipe-client', [FIELD_21]: 'low' },
} as const

/** What the drill's engine, and no other, takes as the order to die. */
const RULE_KILL = {
  id: '0f4b0f6e-71a5-4b0e-8c55-2f3a5d0c0de4',
  rule: `title: Drill, kill the engine
id: 0f4b0f6e-71a5-4b0e-8c55-2f3a5d0c0de4
status: test
description: Legal content. The drill's engine has a planted fault that it sets off.
author: Firebreak
logsource:
  category: process_creation
  product: linux
detection:
  selection:
    Image: /firebreak-drill/kill-the-engine
  condition: selection
level: informational
`,
  match: { Image: '/firebreak-drill/kill-the-engine' },
  ignore: { Image: '/firebreak-drill/let-the-engine-live' },
} as const

export type Variant = 'good' | 'field-21' | 'kills-engine'

/** Copies the starter pack to `folder` as `version`, with what the variant adds. */
export async function makePack(folder: string, version: string, variant: Variant): Promise<string> {
  const pack = join(folder, `pack-${version}`)
  await cp(STARTER_PACK, pack, { recursive: true })
  const manifest = join(pack, 'pack.yaml')
  const text = await readFile(manifest, 'utf8')
  await writeFile(manifest, text.replace(/^version: .*$/m, `version: ${version}`))
  if (variant !== 'good') await addRule(pack, variant === 'field-21' ? RULE_21 : RULE_KILL)
  return pack
}

async function addRule(pack: string, added: typeof RULE_21 | typeof RULE_KILL): Promise<void> {
  for (const folder of ['rules', 'tests']) await mkdir(join(pack, folder, 'drill'), { recursive: true })
  await writeFile(join(pack, 'rules', 'drill', 'drill.yml'), added.rule)
  const test = { rule: added.id, match: [added.match], ignore: [added.ignore] }
  await writeFile(join(pack, 'tests', 'drill', 'drill.yml'), JSON.stringify(test)) // JSON is YAML
}
