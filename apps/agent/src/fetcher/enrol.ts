import type { Enrolled } from '@firebreak/api'
import { readDurable, removeDurable, writeDurable } from '@firebreak/durable-fs'
import { jsonBytes, object, parseJson, text, utf8Decode } from '@firebreak/kernel'
import type { AgentConfig } from '../config.ts'
import { type ApiClient, FetcherError } from './api-client.ts'

const FILE_BYTES_MAX = 4_096
const identity = object<Enrolled>({ host: text(64), token: text(256) })

/**
 * Who this host is for the server: what it kept, or what it is told when it enrols. The token to enrol is used up by it.
 *
 * @throws FetcherError | DurableError | KernelError kernel/malformed
 */
export async function identify(folder: string, config: AgentConfig, client: ApiClient): Promise<Enrolled> {
  const path = `${folder}/identity.json`
  const saved = await readDurable(path, FILE_BYTES_MAX)
  if (saved) return identity(parseJson(saved, FILE_BYTES_MAX, 'identity.json'), 'identity.json')
  const enrolToken = await readDurable(`${folder}/enrol-token`, FILE_BYTES_MAX)
  if (!enrolToken) throw new FetcherError('fetcher/identity', `Cannot enrol: ${folder}/enrol-token is missing`)
  const fresh = await client.enrol(utf8Decode(enrolToken).trim(), { name: config.hostName, ring: config.ring })
  await writeDurable(path, jsonBytes({ host: fresh.host, token: fresh.token }))
  await removeDurable(`${folder}/enrol-token`)
  return fresh
}
