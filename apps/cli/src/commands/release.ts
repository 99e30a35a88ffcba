import type { GateOptions } from '../gate/run.ts'
import { openKeystore } from '../keystore.ts'
import type { OperatorClient } from '../operator-client.ts'
import type { Screen } from '../screen.ts'
import { gatePack, publish } from '../vendor.ts'

export interface ReleaseOptions extends Pick<GateOptions, 'inputs' | 'policy' | 'corpus' | 'page' | 'sarif'> {
  readonly pack: string
  /** Folder of the approver keys. */
  readonly keys: string
  /** Of the emergency lane: approvers sign that as well. */
  readonly emergency: boolean
}

/** Gate, approvals, publication. */
export async function release(
  { pack, keys, emergency, ...options }: ReleaseOptions,
  client: OperatorClient,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<void> {
  screen.step(`Proving ${pack}`)
  const keystore = await openKeystore(keys)
  const draft = await gatePack(pack, { client, keystore }, options, screen, interrupted)
  screen.done('gate passed')
  screen.step(`Signing and publishing to ${client.url}`)
  const tell = (line: string): void => screen.note(line)
  const imageDigest = await publish(client, keystore, { ...draft, emergency }, Date.now(), tell)
  screen.done()
  const { pack: name, version } = draft.report
  const lane = emergency ? ' in the emergency lane: no ring is skipped, waves are watched for less time' : ''
  screen.result({ ok: true, pack: name, version, imageDigest, emergency }, [
    `released ${name} ${version}, image ${imageDigest}${lane}; \`firebreak status\` shows how far it is`,
  ])
}
