import type { FieldAlias } from './route.ts'

/** Events of a service, by EventID, that belong to a category. */
export interface CategoryRow {
  readonly category: string
  readonly service: string
  readonly eventIds: readonly number[]
  readonly when?: readonly [field: string, value: string]
  readonly aliases?: readonly FieldAlias[]
}

const row = (category: string, service: string, ...eventIds: readonly number[]): CategoryRow => ({
  category,
  service,
  eventIds,
})

/** Sources: the taxonomy of Sigma 2.1.0, SigmaHQ's log source mapping, and Microsoft's event manifests. */
export const WINDOWS_CATEGORIES: readonly CategoryRow[] = [
  row('process_creation', 'sysmon', 1),
  // Its Image is NewProcessName; OriginalFileName and ParentCommandLine have no equivalent.
  {
    ...row('process_creation', 'security', 4688),
    aliases: [
      { from: 'Image', to: 'NewProcessName' },
      { from: 'ParentImage', to: 'ParentProcessName' },
    ],
  },
  row('file_change', 'sysmon', 2),
  row('network_connection', 'sysmon', 3),
  row('sysmon_status', 'sysmon', 4, 16),
  row('process_termination', 'sysmon', 5),
  row('driver_load', 'sysmon', 6),
  row('image_load', 'sysmon', 7),
  row('create_remote_thread', 'sysmon', 8),
  // The taxonomy has "thread", although the event is a raw read; rules use both.
  row('raw_access_thread', 'sysmon', 9),
  row('raw_access_read', 'sysmon', 9),
  row('process_access', 'sysmon', 10),
  row('file_event', 'sysmon', 11),
  row('registry_event', 'sysmon', 12, 13, 14),
  // Sysmon reports the making and the deleting of keys with one EventID.
  { ...row('registry_add', 'sysmon', 12), when: ['EventType', 'CreateKey'] },
  { ...row('registry_delete', 'sysmon', 12), when: ['EventType', 'DeleteKey'] },
  { ...row('registry_delete', 'sysmon', 12), when: ['EventType', 'DeleteValue'] },
  row('registry_set', 'sysmon', 13),
  row('registry_rename', 'sysmon', 14),
  row('create_stream_hash', 'sysmon', 15),
  row('pipe_created', 'sysmon', 17, 18),
  row('wmi_event', 'sysmon', 19, 20, 21),
  row('dns_query', 'sysmon', 22),
  row('file_delete', 'sysmon', 23),
  row('clipboard_capture', 'sysmon', 24),
  row('clipboard_change', 'sysmon', 24),
  row('process_tampering', 'sysmon', 25),
  row('file_delete_detected', 'sysmon', 26),
  row('file_block_executable', 'sysmon', 27),
  row('file_block_shredding', 'sysmon', 28),
  row('file_executable_detected', 'sysmon', 29),
  row('sysmon_error', 'sysmon', 255),
  row('ps_module', 'powershell', 4103),
  row('ps_script', 'powershell', 4104),
  row('ps_classic_start', 'powershell-classic', 400),
  row('ps_classic_provider_start', 'powershell-classic', 600),
  row('ps_classic_script', 'powershell-classic', 800),
  // Create; Rename and RenamePath. Not written to an event log: collected from the provider.
  row('file_access', 'kernel-file', 12),
  row('file_rename', 'kernel-file', 19, 27),
  {
    // Those of Defender's events that name a threat or a path.
    ...row('antivirus', 'windefend', 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116),
    aliases: [
      { from: 'Signature', to: 'ThreatName' },
      { from: 'Filename', to: 'Path' },
    ],
  },
]

/** What Sysmon for Linux reports. */
export const LINUX_SYSMON_CATEGORIES: readonly CategoryRow[] = [
  row('process_creation', 'sysmon', 1),
  row('network_connection', 'sysmon', 3),
  row('sysmon_status', 'sysmon', 4, 16),
  row('process_termination', 'sysmon', 5),
  row('raw_access_thread', 'sysmon', 9),
  row('raw_access_read', 'sysmon', 9),
  row('file_event', 'sysmon', 11),
  row('file_delete', 'sysmon', 23),
  row('sysmon_error', 'sysmon', 255),
]

export const LINUX_SYSMON_CHANNEL = 'Linux-Sysmon/Operational'
