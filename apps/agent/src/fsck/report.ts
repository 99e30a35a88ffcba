/** What is wrong. Closed set: the first part says where, the second what. */
export type FindingCode =
  | 'folder/missing' // there is no such folder
  | 'file/owner' // somebody else owns it
  | 'file/mode' // others may read, write or enter it
  | 'file/kind' // a folder, a link or a device where a file should be, or the other way round
  | 'file/foreign' // the agent makes no such file
  | 'file/missing'
  | 'file/size' // larger than the agent would ever read
  | 'file/unreadable' // the file system does not give it
  | 'config/malformed'
  | 'lock/malformed'
  | 'state/malformed' // not what an agent writes
  | 'state/same-image' // one image in two slots
  | 'state/rejected-image' // a slot holds what this host has rejected
  | 'state/bounds' // a list or a count beyond its limit
  | 'state/starter' // a starter that was recalled
  | 'slot/missing' // the state names an image whose bytes are not there
  | 'slot/digest' // bytes that are not those of the name
  | 'slot/content' // bytes that the verifier refuses
  | 'slot/release' // another pack or version than the state says
  | 'starter/missing'
  | 'starter/malformed'
  | 'starter/digest'
  | 'starter/content'
  | 'starter/release'
  | 'spool/line' // a line that no agent writes
  | 'spool/sequence' // numbers that do not grow, or that this agent has not given out yet
  | 'quarantine/digest'
  | 'quarantine/event' // not one event
  | 'quarantine/bounds'
  | 'trust/root' // the root of trust is not signed by its own keys
  | 'trust/metadata' // what the fetcher holds does not verify
  | 'trust/older-root' // it trusts an older root than it was installed with
  | 'trust/plan'
  | 'trust/identity'
  | 'trust/image' // bytes that are not those of the name
  | 'policy/key'
  | 'policy/signature'
  | 'policy/tuning' // the tuning is not the one in the policy
  | 'policy/copy' // what the fetcher keeps of the policy was changed
  | 'json/malformed' // one of the agent's small files can't be read

export interface Finding {
  readonly code: FindingCode
  /** Within the folder. */
  readonly path: string
  /** One sentence: what is wrong, and what to do. */
  readonly message: string
}

export interface FsckReport {
  readonly folder: string
  readonly sound: boolean
  /** Files and folders that were looked at. */
  readonly checked: number
  /** The process that holds the lock, if it lives: what was seen may have changed meanwhile. */
  readonly agentPid: number | null
  /** What interrupted writes left, by path, and why it does no harm. */
  readonly leftovers: readonly Leftover[]
  readonly findings: readonly Finding[]
}

export interface Leftover {
  readonly path: string
  readonly why: string
}

/** More say nothing new: the folder is not an agent's. */
export const FINDINGS_MAX = 256

/** Collects what the checks find. */
export class Findings {
  readonly findings: Finding[] = []
  readonly leftovers: Leftover[] = []

  add(code: FindingCode, path: string, message: string): void {
    if (this.findings.length < FINDINGS_MAX) this.findings.push({ code, path, message })
  }

  leave(path: string, why: string): void {
    if (this.leftovers.length < FINDINGS_MAX) this.leftovers.push({ path, why })
  }
}
