import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { after, test } from 'node:test'
import { byteText } from './byte-text.ts'
import { Containers } from './containers.ts'

const ID = '4f5e'.repeat(16)
const NOBODY = 0
const MINUTE_MS = 60_000
const INHERITED = byteText('parent')

const folder = mkdtempSync(join(tmpdir(), 'firebreak-cgroups-'))
after(() => execFileSync('rm', ['-rf', folder])) // deeper than Node's own can go

/** A folder that looks like a cgroup file system; the inodes of its folders are the ids. */
function hierarchy(name: string, unified: boolean, ...paths: readonly string[]): (path: string) => number {
  const root = join(folder, name)
  for (const path of paths) mkdirSync(join(root, path), { recursive: true })
  if (unified) writeFileSync(join(root, 'cgroup.controllers'), 'pids')
  return (path) => statSync(join(root, path)).ino
}

test('version 2: a cgroup has a container or none, also after the process is gone', () => {
  const inode = hierarchy('two', true, `system.slice/docker-${ID}.scope/init`, 'system.slice/ssh.service')
  const containers = new Containers(join(folder, 'two'))
  assert.equal(containers.of(inode(`system.slice/docker-${ID}.scope/init`), NOBODY, null, 0), ID)
  assert.equal(containers.of(inode(`system.slice/docker-${ID}.scope`), NOBODY, null, 0), ID)
  assert.equal(containers.of(inode('system.slice/ssh.service'), NOBODY, INHERITED, 0), null)
})

test('version 2: what came after the last walk is found by the next one, and not by guessing', () => {
  const first = hierarchy('later', true, 'lxc/a')
  const containers = new Containers(join(folder, 'later'))
  assert.equal(containers.of(first('lxc/a'), NOBODY, null, 0), 'a')
  const inode = hierarchy('later', true, 'lxc/b')
  assert.equal(containers.of(inode('lxc/b'), NOBODY, INHERITED, 1), null)
  assert.equal(containers.of(inode('lxc/b'), NOBODY, INHERITED, MINUTE_MS), 'b')
})

test('version 2: cgroups that lie deeper than a path is long cost their own names only', () => {
  const inode = hierarchy('deep', true, 'lxc/a')
  const home = process.cwd()
  process.chdir(join(folder, 'deep'))
  for (let depth = 0; depth < 20; depth++) {
    mkdirSync('n'.repeat(255))
    process.chdir('n'.repeat(255))
  }
  process.chdir(home)
  assert.equal(new Containers(join(folder, 'deep')).of(inode('lxc/a'), NOBODY, null, 0), 'a')
})

test('version 2: names are bytes', () => {
  const inode = hierarchy('names', true, 'lxc/\u{43a}\u{438}\u{442}')
  const containers = new Containers(join(folder, 'names'))
  assert.equal(containers.of(inode('lxc/\u{43a}\u{438}\u{442}'), NOBODY, null, 0), byteText('\u{43a}\u{438}\u{442}'))
})

test('version 1: no process is asked where there is no container', () => {
  hierarchy('one', false, 'pids/user.slice')
  const containers = new Containers(join(folder, 'one'))
  assert.equal(containers.of(1, process.pid, INHERITED, 0), INHERITED)
})

test('version 1: where there is one, each is asked; one that is gone has what it inherited', () => {
  hierarchy('old', false, `pids/docker/${ID}`)
  const containers = new Containers(join(folder, 'old'))
  assert.equal(containers.of(1, process.pid, INHERITED, 0), null, 'this process is in none')
  assert.equal(containers.of(1, NOBODY, INHERITED, 0), INHERITED)
})

test('nothing is mounted there', () => {
  assert.equal(new Containers(join(folder, 'nowhere')).of(1, process.pid, null, 0), null)
})
