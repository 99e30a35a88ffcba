import process from 'node:process'
import { LinuxError } from '../errors.ts'
import { AuditControl, type AuditStatus } from './audit-control.ts'
import { auditArches, auditRules, exemptionRule, isExemption, ruleCovers, ruleKey } from './audit-rules.ts'
import { bindNetlink, setReceiveBuffer } from './netlink.ts'
import { isLeftover, ownerName } from '../tracing/owner.ts'

/** Records that wait for the kernel's own thread; 7 for each exec. */
const BACKLOG_LIMIT = 8192

/** Room for what comes between two reads: about 3,000 execs. */
const RECEIVE_BUFFER_BYTES = 32 * 1024 * 1024

/** Multicast group of who reads without being the daemon. */
const READERS_GROUP = 1

const LOCKED = 2
const EEXIST = 17
const EINVAL = 22

/** What a rule's key says of the settings before us: the kernel keeps it, also when we are killed. */
const SETTINGS = /-e(\d)f(\d)b(\d{1,10})w(\d{1,10})$/

/**
 * Once audit has been on, every task that starts later enters the kernel more slowly until the next boot (120 ns for
 * each system call where we measured), also with audit off again; unless a rule exempts new tasks. So where audit was
 * off before us, and had no rules, we leave this one; whoever opens audit again removes it.
 */
const IDLE_KEY = 'firebreak-idle'

function isOurExemption(rule: Buffer): boolean {
  return isExemption(rule) && ruleKey(rule) === IDLE_KEY
}

/** Our part in Linux audit. */
export interface AuditSession {
  /** `daemon`: records come to us alone. `reader`: a daemon has them, and we read along. */
  readonly role: 'daemon' | 'reader'
  readonly categories: readonly string[]
  /** Where records arrive. */
  readonly fd: number
  /** Records that the kernel lost since we came; takes the place of the daemon again if the kernel took it from us. */
  check(): number
  /** No more records are made for us; those on their way may still be read. */
  silence(): void
  /** Everything is as it was. */
  close(): void
}

/**
 * Becomes the audit daemon, with rules of its own, and never lets the kernel hold a task because of it; or, where
 * there is a daemon, reads along and changes nothing. It clears away what a dead sensor left.
 *
 * @throws LinuxError linux/sensor-unavailable, having changed nothing
 */
export function openAuditSession(): AuditSession {
  const control = new AuditControl()
  try {
    refuseUnusable(control, control.status())
    const events = new AuditControl()
    try {
      if (!becomeDaemon(events)) return reader(control, events, control.status())
      removeLeftovers(control) // as the daemon: no other sensor is at it, and none can come in between
      return daemon(control, events, control.status())
    } catch (error) {
      events.close()
      throw error
    }
  } catch (error) {
    control.close()
    throw error
  }
}

/** Returns if the tier could run here; nothing is changed. @throws LinuxError linux/sensor-unavailable: why not */
export function probeAudit(): void {
  const control = new AuditControl()
  try {
    refuseUnusable(control, control.status())
  } finally {
    control.close()
  }
}

function refuseUnusable(control: AuditControl, status: AuditStatus): void {
  if (auditArches().length === 0) throw unavailable('this is not Linux on x86-64 or arm64')
  if (status.enabled === LOCKED) throw unavailable('its rules are locked until the next boot (-e 2)')
  if (control.listRules().some((rule) => isExemption(rule) && !isOurExemption(rule))) {
    throw unavailable('a rule exempts all new tasks (-a task,never); remove it to have them audited')
  }
}

/** Removes the rules of sensors that are gone, and gives audit its settings back. @returns rules removed */
export function removeAuditLeftovers(): number {
  const control = new AuditControl()
  try {
    return removeLeftovers(control)
  } finally {
    control.close()
  }
}

function removeLeftovers(control: AuditControl): number {
  const rules = control.listRules().flatMap((rule) => {
    const key = ruleKey(rule)
    const settings = key === null ? null : parseSettings(key)
    return key === null || settings === null ? [] : [{ rule, settings, isDead: isLeftover(key) }]
  })
  const [first] = rules
  // What the dead changed, a living sensor uses; it does not know what was before them.
  if (first === undefined || rules.some(({ isDead }) => !isDead)) return 0
  for (const { rule } of rules) control.deleteRule(rule)
  restore(control, first.settings)
  return rules.length
}

function restore(control: AuditControl, settings: AuditSettings): void {
  control.set(settings)
  if (settings.enabled === 0 && control.listRules().length === 0) control.addRule(exemptionRule(IDLE_KEY))
}

type AuditSettings = Pick<AuditStatus, 'enabled' | 'failure' | 'backlogLimit' | 'backlogWait'>

function keyFor({ enabled, failure, backlogLimit, backlogWait }: AuditSettings): string {
  return `${ownerName()}-e${enabled}f${failure}b${backlogLimit}w${backlogWait}`
}

function parseSettings(key: string): AuditSettings | null {
  const match = SETTINGS.exec(key)
  if (match === null) return null
  const [enabled = 0, failure = 0, backlogLimit = 0, backlogWait = 0] = match.slice(1).map(Number)
  return { enabled, failure, backlogLimit, backlogWait }
}

/** @returns false when somebody is the daemon already */
function becomeDaemon(events: AuditControl): boolean {
  try {
    events.set({ pid: process.pid })
    return true
  } catch (error) {
    if (error instanceof LinuxError && error.details['errno'] === EEXIST) return false
    throw error
  }
}

function daemon(control: AuditControl, events: AuditControl, before: AuditStatus): AuditSession {
  const { enabled, failure, backlogLimit, backlogWait } = before
  const settings = { enabled, failure, backlogLimit, backlogWait }
  const rules: Buffer[] = []
  const silence = (): void => {
    for (const rule of rules.splice(0)) control.deleteRule(rule)
    control.set({ enabled })
  }
  const close = (): void => {
    silence()
    events.set({ pid: 0 })
    restore(control, settings)
    events.close()
    control.close()
  }
  try {
    // First of all: whatever happens here, the kernel never holds a task, and never stops the machine.
    control.set({ backlogWait: 0, failure: 0, backlogLimit: Math.max(backlogLimit, BACKLOG_LIMIT) })
    setReceiveBuffer(events.fd, RECEIVE_BUFFER_BYTES)
    for (const rule of control.listRules().filter(isOurExemption)) control.deleteRule(rule)
    for (const [k, arch] of auditArches().entries()) {
      for (const rule of auditRules(arch, keyFor(settings))) {
        if (addRule(control, rule, k > 0)) rules.push(rule)
      }
    }
    control.set({ enabled: 1 })
  } catch (error) {
    close()
    throw error
  }
  const check = (): number => {
    const now = control.status()
    if (now.pid !== process.pid) becomeDaemon(events)
    if (now.backlogWait !== 0) control.set({ backlogWait: 0 }) // whoever set it: tasks would wait for us
    return now.lost - before.lost
  }
  return {
    role: 'daemon',
    categories: ['process_creation', 'network_connection'],
    fd: events.fd,
    check,
    silence,
    close,
  }
}

/** @param optional - a kernel without 32-bit programs knows nothing of their system calls */
function addRule(control: AuditControl, rule: Buffer, optional: boolean): boolean {
  try {
    control.addRule(rule)
    return true
  } catch (error) {
    if (optional && error instanceof LinuxError && error.details['errno'] === EINVAL) return false
    throw error
  }
}

/** Its rules are the administrator's: more records would go to their log, so we add none. */
function reader(control: AuditControl, events: AuditControl, before: AuditStatus): AuditSession {
  const [native] = auditArches()
  const rules = control.listRules()
  const covers = (call: number | undefined): boolean =>
    call !== undefined && rules.some((rule) => ruleCovers(rule, call))
  if (!covers(native?.execve)) {
    throw unavailable(`process ${before.pid} is its daemon, and none of its rules reports execve`)
  }
  if (bindNetlink(events.fd, READERS_GROUP) < 0) throw unavailable('not permitted to read along with its daemon')
  setReceiveBuffer(events.fd, RECEIVE_BUFFER_BYTES)
  const close = (): void => {
    events.close()
    control.close()
  }
  const categories = ['process_creation', ...(covers(native?.connect) ? ['network_connection'] : [])]
  const check = (): number => control.status().lost - before.lost
  return { role: 'reader', categories, fd: events.fd, check, silence: () => {}, close }
}

function unavailable(reason: string): LinuxError {
  return new LinuxError('linux/sensor-unavailable', `Cannot use Linux audit: ${reason}`)
}
