/**
 * Which log sources the events of Windows, Sysmon for Linux and auditd are of. Written from the meaning of SigmaHQ's
 * `thor.yml` (a category is a service and event numbers, a service is channels) and the taxonomy of Sigma 2.1.0.
 */

/** Events of a category. */
export interface CategoryRow {
  readonly category: string
  readonly service: string
  readonly product: 'windows' | 'linux'
  readonly eventIds: readonly number[]
  readonly eventTypes?: readonly string[]
  /** What rules call a field, to what the event calls it. */
  readonly aliases?: Readonly<Record<string, string>>
}

const SYSMON: readonly (readonly [category: string, ...eventIds: number[]])[] = [
  ['process_creation', 1],
  ['file_change', 2],
  ['network_connection', 3],
  ['sysmon_status', 4, 16],
  ['process_termination', 5],
  ['driver_load', 6],
  ['image_load', 7],
  ['create_remote_thread', 8],
  ['raw_access_thread', 9],
  ['raw_access_read', 9],
  ['process_access', 10],
  ['file_event', 11],
  ['registry_event', 12, 13, 14],
  ['registry_set', 13],
  ['registry_rename', 14],
  ['create_stream_hash', 15],
  ['pipe_created', 17, 18],
  ['wmi_event', 19, 20, 21],
  ['dns_query', 22],
  ['file_delete', 23],
  ['clipboard_change', 24],
  ['clipboard_capture', 24],
  ['process_tampering', 25],
  ['file_delete_detected', 26],
  ['file_block_executable', 27],
  ['file_block_shredding', 28],
  ['file_executable_detected', 29],
  ['sysmon_error', 255],
]

const LINUX_SYSMON = [
  'process_creation',
  'network_connection',
  'sysmon_status',
  'process_termination',
  'raw_access_thread',
  'raw_access_read',
  'file_event',
  'file_delete',
  'sysmon_error',
]

const WINDOWS: readonly Omit<CategoryRow, 'product'>[] = [
  ...SYSMON.map(([category, ...eventIds]) => ({ category, service: 'sysmon', eventIds })),
  { category: 'registry_add', service: 'sysmon', eventIds: [12], eventTypes: ['CreateKey'] },
  { category: 'registry_delete', service: 'sysmon', eventIds: [12], eventTypes: ['DeleteKey', 'DeleteValue'] },
  {
    category: 'process_creation',
    service: 'security',
    eventIds: [4688],
    aliases: { Image: 'NewProcessName', ParentImage: 'ParentProcessName' },
  },
  { category: 'file_access', service: 'kernel-file', eventIds: [12] },
  { category: 'file_rename', service: 'kernel-file', eventIds: [19, 27] },
  { category: 'ps_module', service: 'powershell', eventIds: [4103] },
  { category: 'ps_script', service: 'powershell', eventIds: [4104] },
  { category: 'ps_classic_start', service: 'powershell-classic', eventIds: [400] },
  { category: 'ps_classic_provider_start', service: 'powershell-classic', eventIds: [600] },
  { category: 'ps_classic_script', service: 'powershell-classic', eventIds: [800] },
  {
    category: 'antivirus',
    service: 'windefend',
    eventIds: [1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116],
    aliases: { Signature: 'ThreatName', Filename: 'Path' },
  },
]

export const CATEGORIES: readonly CategoryRow[] = [
  ...WINDOWS.map((row): CategoryRow => ({ ...row, product: 'windows' })),
  ...SYSMON.filter(([category]) => LINUX_SYSMON.includes(category)).map(([category, ...eventIds]): CategoryRow => ({
    category,
    product: 'linux',
    service: 'sysmon',
    eventIds,
  })),
]

/** Most channels are `Microsoft-Windows-` and what is written here. */
const MICROSOFT: Readonly<Record<string, readonly string[]>> = {
  ntlm: ['NTLM/Operational'],
  sysmon: ['Sysmon/Operational'],
  taskscheduler: ['TaskScheduler/Operational'],
  wmi: ['WMI-Activity/Operational'],
  dhcp: ['DHCP-Server/Operational'],
  'printservice-admin': ['PrintService/Admin'],
  'printservice-operational': ['PrintService/Operational'],
  'smbclient-security': ['SmbClient/Security'],
  'smbclient-connectivity': ['SmbClient/Connectivity'],
  'smbserver-connectivity': ['SMBServer/Connectivity'],
  'terminalservices-localsessionmanager': ['TerminalServices-LocalSessionManager/Operational'],
  'codeintegrity-operational': ['CodeIntegrity/Operational'],
  applocker: ['MSI and Script', 'EXE and DLL', 'Packaged app-Deployment', 'Packaged app-Execution'].map(
    (name) => `AppLocker/${name}`,
  ),
  windefend: ['Windows Defender/Operational'],
  'firewall-as': ['Windows Firewall With Advanced Security/Firewall'],
  'bits-client': ['Bits-Client/Operational'],
  'security-mitigations': ['Security-Mitigations/Kernel Mode', 'Security-Mitigations/User Mode'],
  'diagnosis-scripted': ['Diagnosis-Scripted/Operational'],
  'shell-core': ['Shell-Core/Operational'],
  ldap: ['LDAP-Client/Debug'],
  bitlocker: ['BitLocker/BitLocker Management'],
  vhdmp: ['VHDMP/Operational'],
  'appxdeployment-server': ['AppXDeploymentServer/Operational'],
  'lsa-server': ['LSA/Operational'],
  'appxpackaging-om': ['AppxPackaging/Operational'],
  'dns-client': ['DNS Client Events/Operational', 'DNS-Client/Operational'],
  'dns-server-analytic': ['DNS-Server/Analytical', 'DNSServer/Analytical'],
  'dns-server-audit': ['DNS-Server/Audit', 'DNSServer/Audit'],
  'driver-framework': ['DriverFrameworks-UserMode/Operational'],
  'kernel-file': ['Kernel-File', 'Kernel-File/Analytic'],
  'appmodel-runtime': ['AppModel-Runtime/Admin'],
  capi2: ['CAPI2/Operational'],
  'certificateservicesclient-lifecycle-system': ['CertificateServicesClient-Lifecycle-System/Operational'],
  'kernel-shimengine': ['Kernel-ShimEngine/Operational', 'Kernel-ShimEngine/Diagnostic'],
  'application-experience': ['Program-Telemetry', 'Program-Compatibility-Assistant'].map(
    (name) => `Application-Experience/${name}`,
  ),
  ntfs: ['Ntfs/Operational'],
  'hyper-v-worker': ['Hyper-V-Worker', 'Hyper-V-Worker-Admin', 'Hyper-V-Worker-Operational'],
  'kernel-event-tracing': ['Kernel-EventTracing', 'Kernel-EventTracing/Admin'],
  sense: ['SENSE/Operational'],
}

const SERVICE_BUS = ['Microsoft-ServiceBus-Client/Admin', 'Microsoft-ServiceBus-Client/Operational']

export const LINUX_SYSMON_CHANNEL = 'Linux-Sysmon/Operational'

/** Of Windows. */
export const CHANNELS: readonly (readonly [service: string, channels: readonly string[]])[] = [
  ...Object.entries(MICROSOFT).map(
    ([service, names]) => [service, names.map((name) => `Microsoft-Windows-${name}`)] as const,
  ),
  ['application', ['Application']],
  ['security', ['Security']],
  ['system', ['System']],
  ['powershell', ['Microsoft-Windows-PowerShell/Operational', 'PowerShellCore/Operational']],
  ['powershell-classic', ['Windows PowerShell']],
  ['msexchange-management', ['MSExchange Management']],
  ['openssh', ['OpenSSH/Operational']],
  ['servicebus-client', SERVICE_BUS],
  ['microsoft-servicebus-client', SERVICE_BUS],
  ['dns-server', ['DNS Server']],
  ['iis-configuration', ['Microsoft-IIS-Configuration/Operational']],
]

/** Log sources by which rules name the same events. */
export const SAME_EVENTS: readonly (readonly (readonly [
  category: string | null,
  product: string,
  service: string,
])[])[] = [
  [
    [null, 'kubernetes', 'audit'],
    ['application', 'kubernetes', 'audit'],
  ],
  [
    [null, 'paloalto', 'globalprotect'],
    ['appliance', 'paloalto', 'globalprotect'],
    ['file_event', 'paloalto', 'globalprotect'],
  ],
  [
    [null, 'windows', 'iis'],
    ['webserver', 'windows', 'iis'],
  ],
]

/** Types of audit records of Linux, from `linux/audit.h` and the audit library. */
export const AUDITD_TYPES: ReadonlySet<string> = new Set(
  `SYSCALL PATH IPC SOCKETCALL CONFIG_CHANGE SOCKADDR CWD EXECVE IPC_SET_PERM MQ_OPEN MQ_SENDRECV MQ_NOTIFY MQ_GETSETATTR
  KERNEL_OTHER FD_PAIR OBJ_PID TTY EOE BPRM_FCAPS CAPSET MMAP NETFILTER_PKT NETFILTER_CFG SECCOMP PROCTITLE FEATURE_CHANGE
  REPLACE KERN_MODULE FANOTIFY TIME_INJOFFSET TIME_ADJNTPVAL BPF EVENT_LISTENER URINGOP OPENAT2 DM_CTRL DM_EVENT
  AVC SELINUX_ERR AVC_PATH MAC_POLICY_LOAD MAC_STATUS MAC_CONFIG_CHANGE MAC_UNLBL_ALLOW APPARMOR_ALLOWED APPARMOR_DENIED
  APPARMOR_AUDIT APPARMOR_STATUS APPARMOR_ERROR
  ANOM_PROMISCUOUS ANOM_ABEND ANOM_LINK ANOM_CREAT INTEGRITY_DATA INTEGRITY_METADATA INTEGRITY_STATUS INTEGRITY_HASH
  INTEGRITY_PCR INTEGRITY_RULE
  LOGIN USER USER_AUTH USER_ACCT USER_MGMT CRED_ACQ CRED_DISP USER_START USER_END USER_AVC USER_CHAUTHTOK USER_ERR CRED_REFR
  USYS_CONFIG USER_LOGIN USER_LOGOUT ADD_USER DEL_USER ADD_GROUP DEL_GROUP DAC_CHECK CHGRP_ID TEST TRUSTED_APP
  USER_SELINUX_ERR USER_CMD USER_TTY CHUSER_ID GRP_AUTH SYSTEM_BOOT SYSTEM_SHUTDOWN SYSTEM_RUNLEVEL SERVICE_START
  SERVICE_STOP GRP_MGMT GRP_CHAUTHTOK MAC_CHECK ACCT_LOCK ACCT_UNLOCK USER_DEVICE SOFTWARE_UPDATE
  DAEMON_START DAEMON_END DAEMON_ABORT DAEMON_CONFIG DAEMON_RECONFIG DAEMON_ROTATE DAEMON_RESUME DAEMON_ACCEPT
  DAEMON_CLOSE DAEMON_ERR
  CRYPTO_KEY_USER CRYPTO_SESSION CRYPTO_LOGIN CRYPTO_LOGOUT CRYPTO_FAILURE_USER
  VIRT_CONTROL VIRT_RESOURCE VIRT_MACHINE_ID`.split(/\s+/),
)
