import type { LogSource } from '../sigma/ast.ts'
import { namesIn } from './names.ts'
import type { AuditRoute } from './route.ts'

/**
 * The record types of the Linux audit system that rules and their fields are about: system calls and what belongs to
 * them, and what trusted programs report about people and services. Source: linux/audit.h and libaudit's list.
 */
export const AUDIT_RECORD_TYPES: readonly string[] = namesIn(`
  SYSCALL EXECVE PATH CWD PROCTITLE SOCKADDR SOCKETCALL IPC FD_PAIR OBJ_PID MMAP BPRM_FCAPS CAPSET KERN_MODULE
  MQ_OPEN BPF FANOTIFY SECCOMP NETFILTER_CFG NETFILTER_PKT TTY EOE AVC SELINUX_ERR MAC_STATUS MAC_POLICY_LOAD
  MAC_CONFIG_CHANGE INTEGRITY_DATA CONFIG_CHANGE FEATURE_CHANGE KERNEL KERNEL_OTHER DAEMON_START DAEMON_END
  DAEMON_ABORT DAEMON_CONFIG DAEMON_ROTATE LOGIN USER_AUTH USER_ACCT USER_MGMT USER_START USER_END
  USER_LOGIN USER_LOGOUT USER_CMD USER_CHAUTHTOK USER_ERR USER_TTY USER_AVC USER_SELINUX_ERR USER_ROLE_CHANGE
  USER_MAC_POLICY_LOAD USER_DEVICE CRED_ACQ CRED_DISP CRED_REFR ADD_USER DEL_USER ADD_GROUP DEL_GROUP GRP_MGMT
  GRP_CHAUTHTOK ACCT_LOCK ACCT_UNLOCK CHGRP_ID CHUSER_ID ROLE_ASSIGN ROLE_REMOVE LABEL_OVERRIDE SERVICE_START
  SERVICE_STOP SYSTEM_BOOT SYSTEM_RUNLEVEL SYSTEM_SHUTDOWN SOFTWARE_UPDATE TRUSTED_APP VIRT_CONTROL
  VIRT_CREATE VIRT_DESTROY VIRT_RESOURCE VIRT_MACHINE_ID CRYPTO_KEY_USER CRYPTO_SESSION CRYPTO_LOGIN
  CRYPTO_LOGOUT CRYPTO_FAILURE_USER ANOM_ABEND ANOM_LINK ANOM_PROMISCUOUS ANOM_LOGIN_FAILURES
  ANOM_LOGIN_SESSIONS ANOM_LOGIN_TIME ANOM_LOGIN_LOCATION ANOM_LOGIN_ACCT ANOM_EXEC ANOM_MK_EXEC ANOM_ACCESS_FS
  ANOM_MOD_ACCT ANOM_ROOT_TRANS RESP_ACCT_LOCK RESP_ANOMALY RESP_EXEC RESP_KILL_PROC TIME_INJOFFSET
  TIME_ADJNTPVAL URINGOP OPENAT2 DM_CTRL DM_EVENT IPE_ACCESS LANDLOCK_ACCESS LANDLOCK_DOMAIN
`)

const AUDITD: LogSource = { category: null, product: 'linux', service: 'auditd' }
const PROCESS_CREATION: LogSource = { category: 'process_creation', product: 'linux', service: null }

/**
 * An EXECVE record alone has arguments only; who writes the records of one system call as one event has `exe`, `cwd`,
 * `pid` and `ppid` of SYSCALL and CWD in it too.
 */
export const AUDIT_ROUTES: readonly AuditRoute[] = [
  { recordType: null, source: AUDITD, aliases: [], commandLine: null },
  {
    recordType: 'EXECVE',
    source: PROCESS_CREATION,
    aliases: [
      { from: 'Image', to: 'exe' },
      { from: 'CurrentDirectory', to: 'cwd' },
      { from: 'ProcessId', to: 'pid' },
      { from: 'ParentProcessId', to: 'ppid' },
    ],
    commandLine: { prefix: 'a' },
  },
]
