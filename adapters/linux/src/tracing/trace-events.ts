/** The events that are traced, each with the fields that are read and their widths in bytes. */
export const TRACE_EVENTS = {
  'sched/sched_process_exec': { common_pid: 4, pid: 4, filename: 'text' },
  'sched/sched_process_exit': { common_pid: 4, pid: 4 },
  'task/task_newtask': { common_pid: 4, pid: 4, clone_flags: 8 },
  'sock/inet_sock_set_state': {
    common_pid: 4,
    oldstate: 4,
    newstate: 4,
    sport: 2,
    dport: 2,
    family: 2,
    protocol: 2,
    saddr_v6: 16,
    daddr_v6: 16,
    saddr: 4,
    daddr: 4,
  },
} as const
export type TraceEventName = keyof typeof TRACE_EVENTS
export const TRACE_EVENT_NAMES = Object.keys(TRACE_EVENTS) as readonly TraceEventName[]
