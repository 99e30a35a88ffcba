import { type ByteText, byteText, plainText } from './byte-text.ts'

/** `docker-ID.scope` and its like under systemd; the monitors beside them (`crio-conmon-ID.scope`) are no containers. */
const RUNTIME_SCOPE = /^(?:docker|libpod|podman|cri-containerd|containerd|nerdctl|crio)-([0-9a-f]{12,64})(?:\.scope)?$/
/** A slice, the runtime and the id, as containerd names what it starts for Kubernetes under systemd. */
const RUNTIME_TRIPLE = /^[^:]+:(?:cri-containerd|containerd|crio|docker):([0-9a-f]{12,64})$/
/** A whole id by itself: Docker without systemd, Kubernetes (`/kubepods/burstable/podUID/ID`), ECS. */
const WHOLE_ID = /^[0-9a-f]{64}$/
const LXC_PAYLOAD = /^lxc\.payload\.(.+)$/
const LXC_FOLDERS: readonly (string | undefined)[] = ['lxc', 'lxc.payload']
const MACHINE_SCOPE = /^machine-(.+)\.scope$/
const NSPAWN_SERVICE = /^systemd-nspawn@(.+)\.service$/
const SYSTEMD_ESCAPE = /\\x([0-9a-f]{2})/g

/** A name longer than this is nobody's container. */
const NAME_CHARS_MAX = 255

/**
 * The container that a cgroup belongs to: its id (12 to 64 hexadecimal digits), or the name of an LXC container or a
 * systemd machine. Of containers within containers the innermost.
 *
 * @param path - of a cgroup, from the root of its hierarchy
 * @returns null on the host itself
 */
export function containerOfPath(path: ByteText): ByteText | null {
  const folders = plainText(path).split('/')
  for (let i = folders.length - 1; i > 0; i--) {
    const name = containerOfFolder(folders[i] ?? '', folders[i - 1])
    if (name !== null && name.length <= NAME_CHARS_MAX) return byteText(name)
  }
  return null
}

/**
 * @param text - of a /proc/PID/cgroup: a line `HIERARCHY:CONTROLLERS:PATH` for each hierarchy, version 2 as `0::PATH`
 */
export function containerOfProcess(text: ByteText): ByteText | null {
  for (const line of text.split('\n')) {
    const found = containerOfPath(pathOfLine(line))
    if (found !== null) return found
  }
  return null
}

/** @returns the path in the hierarchy of version 2; null when there is none */
export function unifiedPath(text: ByteText): ByteText | null {
  const line = text.split('\n').find((one) => one.startsWith('0::/'))
  return line === undefined ? null : pathOfLine(line)
}

function pathOfLine(line: string): ByteText {
  return line.slice(line.indexOf(':', line.indexOf(':') + 1) + 1) as ByteText
}

function containerOfFolder(folder: string, above: string | undefined): string | null {
  const id = RUNTIME_SCOPE.exec(folder)?.[1] ?? RUNTIME_TRIPLE.exec(folder)?.[1]
  if (id !== undefined) return id
  if (WHOLE_ID.test(folder)) return folder
  const machine = MACHINE_SCOPE.exec(folder)?.[1] ?? NSPAWN_SERVICE.exec(folder)?.[1]
  if (machine !== undefined) return machine.replaceAll(SYSTEMD_ESCAPE, (_, hex: string) => character(hex))
  if (LXC_FOLDERS.includes(above) && folder !== '') return folder
  return LXC_PAYLOAD.exec(folder)?.[1] ?? null
}

function character(hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16))
}
