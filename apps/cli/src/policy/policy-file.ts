import type { PublicKeyHex } from '@firebreak/crypto'
import { type MappingNode, verifyTuning } from '@firebreak/content'
import { utf8Encode } from '@firebreak/kernel'
import { acceptCustomerPolicy, type CustomerPolicy, type PolicySource } from '@firebreak/rollout'
import { type Draft, judgeDraft, type JudgedDraft, mustBeGood, readDraft, readText } from './draft.ts'

/** What a file holds that somebody wants to look at: a draft, or a policy that is signed. */
export type PolicyFile =
  | { readonly kind: 'draft'; readonly draft: Draft; readonly judged: JudgedDraft }
  | { readonly kind: 'signed'; readonly policy: CustomerPolicy; readonly key: PublicKeyHex }

/**
 * @param key - that has to have signed it; null: whichever says so itself, which only shows that the file is whole
 * @throws CliError cli/usage | ContentError | KernelError kernel/malformed | RolloutError rollout/policy-*
 */
export async function readPolicyFile(path: string, key: PublicKeyHex | null, nowMs: number): Promise<PolicyFile> {
  const draft = await readDraft(path)
  const { node } = draft
  if (node.kind !== 'mapping' || !node.entries.some((entry) => entry.key === 'payloadType')) {
    return { kind: 'draft', draft, judged: judgeDraft(draft) }
  }
  const signer = key ?? keyIn(node)
  const bytes = utf8Encode(await readText(path))
  return { kind: 'signed', policy: acceptCustomerPolicy(bytes, { key: signer, held: null, verifyTuning, nowMs }), key: signer } // prettier-ignore
}

/** What it says of content. @throws as `mustBeGood` */
export function contentOf(path: string, file: PolicyFile): PolicySource {
  return file.kind === 'signed' ? file.policy : mustBeGood(path, file.judged)
}

/** A policy as hosts hold it. A draft is as if it were signed now, by a customer who has no name yet. */
export function policyOf(path: string, file: PolicyFile, customer: string, nowMs: number): CustomerPolicy {
  if (file.kind === 'signed') return file.policy
  return { customer, generation: 1, issuedAtMs: nowMs, tuning: null, stop: 'free', ...mustBeGood(path, file.judged) }
}

/** As the file says it; whether it signed it is found out next. */
function keyIn({ entries }: MappingNode): PublicKeyHex {
  const signatures = entries.find(({ key }) => key === 'signatures')?.value
  const first = signatures?.kind === 'sequence' ? signatures.items[0] : undefined
  const keyid = first?.kind === 'mapping' ? first.entries.find(({ key }) => key === 'keyid')?.value : undefined
  return keyid?.kind === 'scalar' && typeof keyid.value === 'string' ? keyid.value : ''
}
