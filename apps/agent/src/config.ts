import { integer, object, optional, parseJson, text } from '@firebreak/kernel'
import { hostLabels, name } from '@firebreak/rollout'
import { type ExecGateConfig, execGateConfig } from './gate-settings.ts'
import { type InputConfig, inputsReader } from './input/config.ts'
import { type TamperPaths, tamperPaths } from './tamper/paths.ts'

export const AGENT_VERSION = '0.1.0'

/** Sequences given out in one run of the agent: starts * this + n stays within exact integers for 9 million starts. */
export const SEQUENCES_PER_START = 1_000_000_000

/** What the supervisor of a host is told by the person who installs it: DATA/agent.json. Secrets are in files of their own. */
export interface AgentConfig {
  readonly serverUrl: string
  readonly hostName: string
  readonly ring: string
  /** The pack that this host follows. */
  readonly pack: string
  readonly beaconIntervalMs: number
  readonly pollIntervalMs: number
  /** How long a candidate has to judge events without dying before it is confirmed. */
  readonly trialMs: number
  /** What the customer's policy may tell its hosts apart by; default none. */
  readonly labels?: Readonly<Record<string, string>>
  /** Events of other programs, beside the sensor's; default none. */
  readonly inputs?: readonly InputConfig[]
  /** Whether who starts a program is held until it is known what it is; default off. */
  readonly execGate?: ExecGateConfig
}

export const AGENT_CONFIG_SIZE_BYTES_MAX = 16_384
const interval = integer(50, 86_400_000)

const agentConfig = object<AgentConfig>({
  serverUrl: text(2_048, /^https?:\/\//),
  hostName: text(256),
  ring: name,
  pack: name,
  beaconIntervalMs: interval,
  pollIntervalMs: interval,
  trialMs: interval,
  labels: optional(hostLabels),
  inputs: optional(inputsReader),
  execGate: optional(execGateConfig),
})

/** @throws KernelError kernel/malformed */
export function parseAgentConfig(bytes: Uint8Array): AgentConfig {
  return agentConfig(parseJson(bytes, AGENT_CONFIG_SIZE_BYTES_MAX, 'agent.json'), 'agent.json')
}

/** Where things are in an agent's folder. One place, so that `fsck` and people can trust it. */
export interface AgentPaths extends TamperPaths {
  readonly config: string
  readonly root: string
  readonly enrolToken: string
  readonly slots: string
  readonly slotState: string
  /** The image built into this agent, and what it is: a SlotImage as JSON. Written by the installer; not there: none. */
  readonly starter: string
  readonly starterInfo: string
  /** Events that killed engines by themselves. */
  readonly quarantine: string
  /** Laid there by `firebreak agent resume`, taken away when safe mode has ended. */
  readonly resume: string
  readonly spool: string
  /** Where each input goes on: NAME.position. */
  readonly inputs: string
  readonly fetcher: string
  readonly status: string
  readonly lock: string
  /** The customer's policy as it was taken last, the key that signs it, and the tuning in it. */
  readonly policy: string
  readonly customerKey: string
  /** Why a policy was not taken, if the last one was not: JSON {code, message, atMs}. */
  readonly policyRefused: string
  readonly tuning: string
}

export function agentPaths(data: string): AgentPaths {
  return {
    ...tamperPaths(data),
    config: `${data}/agent.json`,
    root: `${data}/fetcher/root.json`,
    enrolToken: `${data}/fetcher/enrol-token`,
    slots: `${data}/slots`,
    slotState: `${data}/slots/state.json`,
    starter: `${data}/starter.fbi`,
    starterInfo: `${data}/starter.json`,
    quarantine: `${data}/quarantine`,
    resume: `${data}/resume`,
    spool: `${data}/spool`,
    inputs: `${data}/inputs`,
    fetcher: `${data}/fetcher`,
    status: `${data}/status.json`,
    lock: `${data}/agent.lock`,
    policy: `${data}/policy.json`,
    customerKey: `${data}/customer.pub`,
    policyRefused: `${data}/policy-refused.json`,
    tuning: `${data}/tuning.fbi`,
  }
}

/** The file of an image, by digest, in the slot folder or in the fetcher's folder. */
export function imagePath(folder: string, digest: string): string {
  return `${folder}/${digest}.fbi`
}
