import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The least that Node can do with a request: read its body to the end, and answer. The peer of `ingest`. */
const server = createServer((request, response) => {
  request.on('end', () => response.writeHead(204).end()).resume()
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}`, pid: process.pid })}\n`)
})
process.stdin.on('end', () => process.exit(0)).resume()
