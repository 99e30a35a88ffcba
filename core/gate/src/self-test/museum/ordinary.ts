import { compilePack, parsePack, verifyImage } from '@firebreak/content'
import { createEngine, ENGINE_VERSION, type HostEvent, OPEN_CONTRACT } from '@firebreak/detect'
import type { Corpus } from '../../replay/corpus.ts'
import { companionRule, packOf } from '../companions.ts'
import type { JudgedEvidence } from '../judged-evidence.ts'
import type { PlainMap } from '../source-edit.ts'

/** What every healthy host does all day. */
const PROCESSES = [
  '/usr/lib/systemd/systemd',
  '/usr/sbin/cron',
  '/usr/bin/bash',
  '/usr/bin/ls',
  '/usr/bin/apt-get',
  '/usr/lib/update-notifier/update-motd',
  '/usr/libexec/packagekitd',
  '/opt/firebreak/bin/agent',
  '/opt/firebreak/bin/updater',
] as const
const FILES = ['/usr/share/applications/browser.desktop', '/home/user/notes.txt', '/var/log/syslog'] as const
/** Times that each of them is in the corpus. */
const ROUNDS = 100

const EVENTS: readonly HostEvent[] = Array.from({ length: ROUNDS }, () => [
  ...PROCESSES.map((Image) => eventOf('process_creation', { Image, CommandLine: Image })),
  ...FILES.map((TargetFilename) => eventOf('file_event', { Image: '/usr/bin/bash', TargetFilename })),
]).flat()

const ORDINARY: Corpus = {
  name: 'ordinary activity',
  digest: '00'.repeat(32),
  kind: 'benign',
  events: EVENTS,
  techniques: EVENTS.map(() => []),
}

function eventOf(category: string, fields: HostEvent['fields']): HostEvent {
  return { category, product: 'linux', service: null, timeMs: 0, fields }
}

const MANIFEST = {
  name: 'exhibit',
  version: '1.0.0',
  category: 'behavioural',
  minimumEngine: '1.0.0',
  description: 'Of the museum of incidents.',
}

/** What a rule with this selection says about ordinary activity, in the engine of this very code. */
export function replayed(category: string, selection: PlainMap): JudgedEvidence['replay'] {
  const logsource = { category, product: 'linux' }
  const rule = companionRule(70, { selection, condition: 'selection' }, { logsource })
  const pack = parsePack(packOf(MANIFEST, [rule], []))
  const engine = createEngine(verifyImage(compilePack(pack).image), OPEN_CONTRACT)
  const verdicts = EVENTS.map((event, caseIndex) => {
    return { caseIndex, firedRuleIds: engine.evaluate(event, 'every-match').map(({ ruleId }) => ruleId) }
  })
  return { pack, replays: [{ corpus: ORDINARY, result: { kind: 'ran', engineVersion: ENGINE_VERSION, verdicts } }] }
}
