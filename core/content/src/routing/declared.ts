import { foldCase } from '@firebreak/kernel'
import type { LogSource } from '../sigma/ast.ts'
import { namesIn } from './names.ts'

/** What the one who hands events over says that they are, where the events themselves don't: log files, clouds. */
export type DeclaredSource = LogSource

const source = (category: string | null, product: string | null, service: string | null): LogSource => ({
  category,
  product,
  service,
})

/** Structured events of an operating system's sensor; Windows has those of its channels besides. */
const SENSOR_CATEGORIES = namesIn(`
  process_creation process_termination process_access process_tampering network_connection file_event
  file_delete file_rename file_access file_change dns_query image_load create_remote_thread driver_load
  pipe_created raw_access_read raw_access_thread
`)
const OPERATING_SYSTEMS = ['windows', 'linux', 'macos'] as const

/** `category: application, product: x`. */
const APPLICATIONS = namesIn(`
  django jvm kubernetes modsecurity nodejs opencanary python qualys rpc_firewall ruby_on_rails spring sql
  velocity
`)

/** Logs that many products write. */
const CATEGORIES = namesIn('antivirus appliance database dns firewall logfile proxy webserver')

const SERVICES: Readonly<Record<string, readonly string[]>> = {
  aws: ['cloudtrail'],
  azure: ['activitylogs', 'auditlogs', 'pim', 'riskdetection', 'signinlogs'],
  bitbucket: ['audit'],
  cisco: ['aaa', 'bgp', 'duo', 'ldp', 'syslog'],
  fortigate: ['event'],
  fortios: ['sslvpnd'],
  gcp: ['gcp.audit', 'google_workspace.admin', 'google_workspace.login'],
  github: ['audit'],
  huawei: ['bgp', 'ldp'],
  juniper: ['bgp', 'ldp'],
  kubernetes: ['audit'],
  // Lines of files below /var/log.
  linux: ['auditd', 'auth', 'clamav', 'cron', 'guacamole', 'sshd', 'sudo', 'syslog', 'vsftpd'],
  m365: ['audit', 'exchange', 'threat_detection', 'threat_management'],
  okta: ['okta'],
  onelogin: ['onelogin.events'],
  paloalto: ['globalprotect'],
  zeek: ['dce_rpc', 'dns', 'http', 'kerberos', 'rdp', 'smb_files', 'x509'],
}

/** Services that many products run. */
const GENERAL_SERVICES = ['apache', 'netflow', 'nginx'] as const

/** Every source that rules are known to be about and that can only be declared. */
export const DECLARED_SOURCES: readonly DeclaredSource[] = [
  ...OPERATING_SYSTEMS.flatMap((product) => SENSOR_CATEGORIES.map((category) => source(category, product, null))),
  ...APPLICATIONS.map((product) => source('application', product, null)),
  ...CATEGORIES.map((category) => source(category, null, null)),
  ...Object.entries(SERVICES).flatMap(([product, services]) => services.map((name) => source(null, product, name))),
  ...GENERAL_SERVICES.map((service) => source(null, null, service)),
  source('network', null, 'connection'),
  source('network', null, 'dns'),
  source('webserver', 'windows', 'iis'),
]

/** Rules name the same events in more than one way. */
const SAME_EVENTS: readonly (readonly LogSource[])[] = [
  [source(null, 'kubernetes', 'audit'), source('application', 'kubernetes', 'audit')],
  [
    source(null, 'paloalto', 'globalprotect'),
    source('appliance', 'paloalto', 'globalprotect'),
    source('file_event', 'paloalto', 'globalprotect'),
  ],
  [source(null, 'windows', 'iis'), source('webserver', 'windows', 'iis')],
]

/**
 * The log sources of the rules that an event declared as `declared` reaches: those that name nothing that it is not.
 * Rules without a category are about logs; they don't reach the structured events of an operating system's sensor,
 * which have a category and no service.
 */
export function sourcesOfDeclared(declared: DeclaredSource): readonly LogSource[] {
  const event = foldSource(declared)
  const same = SAME_EVENTS.find((sources) => sources.some((one) => sameSource(one, event))) ?? [event]
  const reached = same.flatMap(reachedBy)
  return reached.filter((one, i) => reached.findIndex((other) => sameSource(one, other)) === i)
}

function reachedBy({ category, product, service }: LogSource): readonly LogSource[] {
  const structured = category !== null && isOperatingSystem(product) && service === null
  const categories = structured || category === null ? [category] : [category, null]
  const products = product === null ? [null] : [product, null]
  const services = service === null ? [null] : [service, null]
  return categories
    .flatMap((c) => products.flatMap((p) => services.map((s) => source(c, p, s))))
    .filter((one) => one.category !== null || one.product !== null || one.service !== null)
}

const KNOWN: readonly LogSource[] = DECLARED_SOURCES.flatMap(sourcesOfDeclared)

/** Whether events that a rule with this log source reaches are known to be declared by anybody. */
export function isDeclarable(rule: LogSource): boolean {
  const wanted = foldSource(rule)
  return KNOWN.some((one) => sameSource(one, wanted))
}

export function sameSource(a: LogSource, b: LogSource): boolean {
  return a.category === b.category && a.product === b.product && a.service === b.service
}

/** Log sources are compared without regard to case. */
export function foldSource({ category, product, service }: LogSource): LogSource {
  const fold = (part: string | null) => (part === null ? null : foldCase(part))
  return { category: fold(category), product: fold(product), service: fold(service) }
}

function isOperatingSystem(product: string | null): boolean {
  return OPERATING_SYSTEMS.some((one) => one === product)
}
