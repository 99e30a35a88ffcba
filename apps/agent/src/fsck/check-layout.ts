import type { Entry, ShownFolder } from './folder.ts'
import type { Findings } from './report.ts'

/** What may lie in an agent's folder. Whatever fits no row is foreign. */
type Row = readonly [pattern: RegExp, kind: Entry['kind'], leftover?: string]

const DIGEST = '[0-9a-f]{64}'
const INTERRUPTED = 'an interrupted write; the next start of the agent removes it'

const FOLDERS = /^(slots|spool|fetcher|quarantine|inputs)$/
const LAYOUT: readonly Row[] = [
  [/^$/, 'folder'],
  [FOLDERS, 'folder'],
  [/^(agent|status|policy|policy-refused|starter|notices|manifest|install|stop-tokens)\.json$/, 'file'],
  [/^(customer\.pub|tuning\.fbi|starter\.fbi)$/, 'file'],
  [/^agent\.lock$/, 'link'],
  [/^slots\/state\.json$/, 'file'],
  [new RegExp(`^slots/${DIGEST}\\.fbi$`), 'file'],
  [/^spool\/detections\.log$/, 'file'],
  [new RegExp(`^quarantine/${DIGEST}\\.frb$`), 'file'],
  [/^inputs\/[^./][^/]*\.position$/, 'file'],
  [/^fetcher\/(root|identity|trusted|plan|policy|seen|wave)\.json$/, 'file'],
  [/^fetcher\/enrol-token$/, 'file'],
  [new RegExp(`^fetcher/${DIGEST}\\.fbi$`), 'file'],
  [/^resume$/, 'file', 'a request to end safe mode that no agent has obeyed yet'],
  [/^stop(-answer)?\.json$/, 'file', 'a request to stop, or its answer'],
  [/^status\.json\.new$/, 'file', 'what `status` shows, half written; of no consequence'],
  [/^agent\.lock\.(turn(\.turn)*|\d+)$/, 'link', 'a start that was interrupted while it took the lock'],
  [/^([a-z]+\/)?\.[^/]+\.tmp$/, 'file', INTERRUPTED],
]

const NOT_OTHERS = 0o077

/** Every entry belongs there, is of its kind, and is for its owner alone. */
export function checkLayout(folder: ShownFolder, findings: Findings, myUid: number): void {
  const owner = folder.entries.get('')?.uid ?? 0
  if (owner !== 0 && owner !== myUid) {
    findings.add('file/owner', '', `User ${owner} owns the folder; give it to the user that the agent runs as: root`)
  }
  for (const entry of folder.entries.values()) {
    const { path, kind, mode, uid } = entry
    const [top = ''] = path.split('/', 1)
    if (top !== path && !FOLDERS.test(top)) continue // its folder is foreign, with all that is in it
    const row = LAYOUT.find(([pattern]) => pattern.test(path))
    if (!row) {
      findings.add('file/foreign', path, 'The agent makes no such file; find out who did, and remove it')
      continue
    }
    const [, expected, leftover] = row
    if (kind !== expected) {
      findings.add('file/kind', path, `It is a ${kind} and should be a ${expected}; find out who replaced it`)
    }
    if (uid !== owner) {
      findings.add('file/owner', path, `User ${uid} owns it; it should be user ${owner}, like the folder`)
    }
    if (kind !== 'link' && (mode & NOT_OTHERS) !== 0) {
      const wanted = kind === 'folder' ? '0700' : '0600'
      findings.add('file/mode', path, `Others have rights on it (mode ${mode.toString(8)}); set it to ${wanted}`)
    }
    if (leftover !== undefined && kind === expected) findings.leave(path, leftover)
  }
}
