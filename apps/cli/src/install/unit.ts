import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { CODE_FOLDER } from '../places.ts'
import { SYSTEM } from './places.ts'

const TEMPLATE = join(CODE_FOLDER, 'apps', 'agent', 'systemd', 'firebreak-agent.service')

/**
 * The unit of an agent that reports to `serverUrl`. A server that is named by its address is the only one that the agent's processes may
 * then exchange packets with; one that is named by a name may have another address tomorrow.
 */
export async function renderUnit(serverUrl: string): Promise<string> {
  const { hostname } = new URL(serverUrl)
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  const only = isIP(address) === 0 ? '' : `IPAddressDeny=any\nIPAddressAllow=${address}\n`
  const template = await readFile(TEMPLATE, 'utf8')
  return template
    .replaceAll('@EXECUTABLE@', SYSTEM.executable)
    .replaceAll('@DATA@', SYSTEM.data)
    .replaceAll('@IP@\n', only)
}
