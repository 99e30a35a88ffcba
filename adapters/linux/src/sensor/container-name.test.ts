import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { byteText } from './byte-text.ts'
import { containerOfPath, containerOfProcess, unifiedPath } from './container-name.ts'

const ID = '4f5e'.repeat(16)
const SHORT = '0123456789ab'

const PATHS: readonly (readonly [string, string, string | null])[] = [
  ['the root', '/', null],
  ['nothing', '', null],
  ['a service', '/system.slice/ssh.service', null],
  ['a session', '/user.slice/user-1000.slice/session-3.scope', null],
  ['Docker under systemd', `/system.slice/docker-${ID}.scope`, ID],
  ['Docker by itself', `/docker/${ID}`, ID],
  ['a folder within', `/docker/${ID}/init.scope`, ID],
  ['Podman', `/machine.slice/libpod-${ID}.scope/container`, ID],
  ['Podman of a user', `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope`, ID],
  ['the monitor of Podman', `/machine.slice/libpod-conmon-${ID}.scope`, null],
  ['CRI-O', `/kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope`, ID],
  ['the monitor of CRI-O', `/kubepods.slice/crio-conmon-${ID}.scope`, null],
  ['containerd for Kubernetes', `/kubepods.slice/kubepods-besteffort.slice/cri-containerd-${ID}.scope`, ID],
  ['the same in three parts', `/system.slice/kubepods-pod1.slice:cri-containerd:${ID}`, ID],
  ['Kubernetes without systemd', `/kubepods/burstable/pod0e1b/${ID}`, ID],
  ['a pod, no container', '/kubepods/burstable/pod0e1bd9a5-0000-4000-8000-000000000000', null],
  ['nerdctl', `/user.slice/nerdctl-${ID}.scope`, ID],
  ['a short id', `/system.slice/docker-${SHORT}.scope`, SHORT],
  ['too short an id', '/system.slice/docker-0123456789a.scope', null],
  ['too long an id', `/system.slice/docker-${ID}0.scope`, null],
  ['no id', '/system.slice/docker.service', null],
  ['upper case is no id', `/docker/${ID.toUpperCase()}`, null],
  ['a short id by itself could be anybody', `/build/${SHORT}`, null],
  ['LXC', '/lxc/web', 'web'],
  ['LXC, today', '/lxc.payload.web-1/system.slice/cron.service', 'web-1'],
  ['LXC, in between', '/lxc.payload/web', 'web'],
  ['the monitor of LXC', '/lxc.monitor.web', null],
  ['systemd-nspawn', '/machine.slice/systemd-nspawn@db.service/payload', 'db'],
  ['a machine', '/machine.slice/machine-my\\x2dbox.scope', 'my-box'],
  ['a container within a container: the inner one', `/docker/${'a'.repeat(64)}/kubepods/pod1/${ID}`, ID],
  ['a name that is too long', `/lxc/${'x'.repeat(256)}`, null],
]

for (const [name, path, expected] of PATHS) {
  test(`cgroup: ${name}`, () => assert.equal(containerOfPath(byteText(path)), expected))
}

const FILES: readonly (readonly [string, string, string | null, string | null])[] = [
  ['version 2', `0::/system.slice/docker-${ID}.scope\n`, ID, `/system.slice/docker-${ID}.scope`],
  ['version 1', `12:pids:/docker/${ID}\n1:name=systemd:/\n`, ID, null],
  ['both, the host', '2:cpu,cpuacct:/\n1:name=systemd:/init.scope\n0::/init.scope\n', null, '/init.scope'],
  ['colons in the path', `0::/a:cri-containerd:${ID}`, ID, `/a:cri-containerd:${ID}`],
  ['nothing', '', null, null],
  ['no lines of ours', 'x\n::\n\n', null, null],
]

for (const [name, text, container, path] of FILES) {
  test(`/proc/PID/cgroup: ${name}`, () => {
    assert.deepEqual([containerOfProcess(byteText(text)), unifiedPath(byteText(text))], [container, path])
  })
}

test('whatever the path, a container is an id or a name', () => {
  const property = fc.property(fc.string({ unit: 'binary' }), (path) => {
    const found = containerOfPath(byteText(path))
    assert.ok(found === null || (found.length > 0 && !found.includes('/')))
  })
  fc.assert(property)
})
