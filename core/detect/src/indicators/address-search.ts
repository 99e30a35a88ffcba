import { type AddressTable, LINK_PREFIX_BITS, NO_PARENT, prefixMask } from '@firebreak/content'
import { word } from '../trap.ts'

/**
 * The smallest network around an address, or -1. The last network that begins at or before the address is it, or is
 * inside of it, or is beside it in the same outer one: so the way up its parents meets it.
 *
 * @param address - the low `keyWords` of four words
 */
export function findNetwork(table: AddressTable, keyWords: number, address: Uint32Array): number {
  let network = lastBefore(table, keyWords, address)
  while (network >= 0) {
    const link = word(table.links, network, 'networks')
    if (contains(table, keyWords, network, link % 2 ** LINK_PREFIX_BITS, address)) return network
    const parent = link >>> LINK_PREFIX_BITS
    network = parent === NO_PARENT ? -1 : parent
  }
  return -1
}

/** The last network whose first address is not after `address`, or -1. */
function lastBefore(table: AddressTable, keyWords: number, address: Uint32Array): number {
  let low = 0
  let high = table.links.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isAfter(table, keyWords, middle, address)) high = middle
    else low = middle + 1
  }
  return low - 1
}

function isAfter(table: AddressTable, keyWords: number, network: number, address: Uint32Array): boolean {
  for (let k = 0; k < keyWords; k++) {
    const first = word(table.addresses, keyWords * network + k, 'networks')
    const given = word(address, 4 - keyWords + k, 'address')
    if (first !== given) return first > given
  }
  return false
}

function contains(
  table: AddressTable,
  keyWords: number,
  network: number,
  prefix: number,
  address: Uint32Array,
): boolean {
  for (let k = 0; k < keyWords; k++) {
    const difference =
      word(table.addresses, keyWords * network + k, 'networks') ^ word(address, 4 - keyWords + k, 'address')
    if ((difference & prefixMask(prefix - 32 * k)) !== 0) return false
  }
  return true
}
