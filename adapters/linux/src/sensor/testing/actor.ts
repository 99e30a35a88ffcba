/**
 * Does, one after another, everything that the sensor's programs watch, says as JSON what it did, and ends when its
 * input does: the tests compare the one with what was seen of it.
 */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import process from 'node:process'
import { SYS } from '../../sandbox/syscall-numbers.ts'
import { addressOf, trySyscall } from '../../syscalls.ts'

const AF_INET = 2
const AF_INET6 = 10
const SOCK_DGRAM = 2
const PTRACE_SEIZE = 0x4206

const DOMAIN_PORT = 53
const NAME_SERVER = '127.0.0.1'
const ELSEWHERE = '127.0.0.2'
const CLIENT = '127.0.0.4'

function query(name: string, type: number): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(String.fromCharCode(label.length) + label, 'latin1'))
  const header = Buffer.from('abcd01000001000000000000', 'hex')
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, type, 0, 1])])
}

function address4(ip: string, port: number, family: number = AF_INET): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt16LE(family, 0)
  bytes.writeUInt16BE(port, 2)
  bytes.set(ip.split('.').map(Number), 4)
  return bytes
}

/** ::1 */
function address6(port: number): Buffer {
  const bytes = Buffer.alloc(28)
  bytes.writeUInt16LE(AF_INET6, 0)
  bytes.writeUInt16BE(port, 2)
  bytes[23] = 1
  return bytes
}

/** struct iovec, and struct user_msghdr with what it points to. */
function vector(payload: Buffer): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64LE(addressOf(payload), 0)
  bytes.writeBigUInt64LE(BigInt(payload.length), 8)
  return bytes
}

function message(iovec: Buffer): Buffer {
  const bytes = Buffer.alloc(64)
  bytes.writeBigUInt64LE(addressOf(iovec), 16)
  bytes.writeBigUInt64LE(1n, 24)
  return bytes
}

const checked = (result: number): number => {
  if (result < 0) throw new Error(`errno ${-result}`)
  return result
}

/** Binds, connects to itself, and accepts. */
async function connectTcp(): Promise<{ port: number; from: number | undefined }> {
  const server = createServer().listen(0, NAME_SERVER)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection')
  const client = connect({ port, host: NAME_SERVER, localAddress: CLIENT })
  await once(client, 'connect')
  const from = client.localPort
  const [peer] = (await accepted) as [typeof client]
  client.destroy()
  peer.destroy()
  server.close()
  return { port, from }
}

/** Three datagrams to one place, from a port of its own; then a bind that fails. */
async function sendUdp(): Promise<{ udpPort: number; sentTo: number }> {
  const socket = createSocket('udp4')
  socket.bind(0, NAME_SERVER)
  await once(socket, 'listening')
  const { port: udpPort } = socket.address()
  const sentTo = 9
  for (let k = 0; k < 3; k++) await new Promise((resolve) => socket.send('x', sentTo, ELSEWHERE, resolve))
  const second = checked(trySyscall(SYS.socket, AF_INET, SOCK_DGRAM, 0))
  const refused = trySyscall(SYS.bind, second, address4(NAME_SERVER, udpPort), 16)
  if (refused >= 0) throw new Error('two sockets on one port')
  trySyscall(SYS.close, second)
  socket.close()
  return { udpPort, sentTo }
}

/** A question by every way there is. */
async function askNames(): Promise<{ resolverPort: number }> {
  const connected = createSocket('udp4')
  connected.connect(DOMAIN_PORT, NAME_SERVER)
  await once(connected, 'connect')
  await new Promise((resolve) => connected.send(query('connected.example', 28), resolve))
  const { port: resolverPort } = connected.address()
  connected.close()

  const raw = checked(trySyscall(SYS.socket, AF_INET, SOCK_DGRAM, 0))
  const send = (payload: Buffer, to: Buffer, on = raw): unknown =>
    trySyscall(SYS.sendto, on, payload, payload.length, 0, to, to.length)
  send(query('sendto.example', 1), address4(NAME_SERVER, DOMAIN_PORT))
  send(query('no-family.example', 1), address4(ELSEWHERE, DOMAIN_PORT, 0))
  send(Buffer.from('not a question'), address4('127.0.0.3', DOMAIN_PORT))
  checked(trySyscall(SYS.connect, raw, address4(NAME_SERVER, DOMAIN_PORT), 16))
  const payloads = [query('first.example', 1), query('second.example', 28)]
  const vectors = payloads.map(vector)
  const messages = Buffer.concat(vectors.map(message))
  trySyscall(SYS.sendmmsg, raw, messages, 2, 0)
  const name = address4(ELSEWHERE, DOMAIN_PORT)
  const nameless = message(vector(query('nameless.example', 1)))
  nameless.writeBigUInt64LE(addressOf(name), 0) // without its length: to the kernel there is no name
  trySyscall(SYS.sendmsg, raw, nameless, 0)
  const written = query('written.example', 16)
  // That nobody listens is an error of the next call, which then sends nothing.
  for (let k = 0; k < 8 && trySyscall(SYS.write, raw, written, written.length) < 0; k++);
  trySyscall(SYS.close, raw)

  const raw6 = trySyscall(SYS.socket, AF_INET6, SOCK_DGRAM, 0)
  if (raw6 < 0) return { resolverPort } // no IPv6 here
  send(query('six.example', 15), address6(DOMAIN_PORT), raw6)
  trySyscall(SYS.close, raw6)
  return { resolverPort }
}

/** Looks into a child, which ends with our input. */
function accessChild(): number {
  const child = spawn('/bin/sh', ['-c', 'read _'], { stdio: ['inherit', 'ignore', 'ignore'] })
  const pid = child.pid ?? 0
  checked(trySyscall(SYS.ptrace, PTRACE_SEIZE, pid, 0, 0))
  const into = Buffer.alloc(8)
  trySyscall(SYS.process_vm_readv, pid, vector(into), 1, vector(into), 1, 0)
  child.kill('SIGKILL')
  return pid
}

const memoryFile = checked(trySyscall(SYS.memfd_create, Buffer.from('payload\0'), 0))
trySyscall(SYS.close, memoryFile)
const facts = { ...(await connectTcp()), ...(await sendUdp()), child: accessChild(), ...(await askNames()) }
process.stdout.write(JSON.stringify(facts))
