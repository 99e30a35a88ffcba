/** A service manager's ear: binds a datagram socket at its argument, says `listening`, then each datagram as a line with the sender's pid. */
import { writeSync } from 'node:fs'
import process from 'node:process'
import { SYS } from '../../sandbox/syscall-numbers.ts'
import { addressOf, syscall } from '../../syscalls.ts'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOL_SOCKET = 1
const SO_PASSCRED = 16
const DATAGRAM_BYTES = 4_096
/** Nothing of the product calls it. */
const RECVMSG = process.arch === 'arm64' ? 212 : 47

const path = process.argv[2] ?? ''
const fd = syscall('socket', SYS.socket, AF_UNIX, SOCK_DGRAM, 0)
const name = Buffer.from(path)
const address = Buffer.alloc(2 + name.length + (path.startsWith('@') ? 0 : 1))
address.writeUInt16LE(AF_UNIX, 0)
name.copy(address, 2)
if (path.startsWith('@')) address[2] = 0
syscall('bind', SYS.bind, fd, address, address.length)
const one = Buffer.alloc(4)
one.writeUInt32LE(1, 0)
syscall('setsockopt', SYS.setsockopt, fd, SOL_SOCKET, SO_PASSCRED, one, one.length)
writeSync(1, 'listening\n')

const data = Buffer.alloc(DATAGRAM_BYTES)
const control = Buffer.alloc(64)
const iovec = Buffer.alloc(16) // {base, length}
const message = Buffer.alloc(56) // struct msghdr
for (;;) {
  iovec.writeBigUInt64LE(addressOf(data), 0)
  iovec.writeBigUInt64LE(BigInt(data.length), 8)
  message.writeBigUInt64LE(addressOf(iovec), 16)
  message.writeBigUInt64LE(1n, 24)
  message.writeBigUInt64LE(addressOf(control), 32)
  message.writeBigUInt64LE(BigInt(control.length), 40)
  const length = syscall('recvmsg', RECVMSG, fd, message, 0)
  const sender = control.readInt32LE(16) // SCM_CREDENTIALS: cmsghdr of 16 bytes, then struct ucred {pid, uid, gid}
  writeSync(1, `${sender} ${data.toString('utf8', 0, length)}\n`)
}
