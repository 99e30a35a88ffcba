import assert from 'node:assert/strict'
import { linkSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { after, test } from 'node:test'
import { byteText } from './byte-text.ts'
import { ImagePaths } from './image-paths.ts'

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'firebreak-images-')))
after(() => rmSync(folder, { recursive: true }))
const real = join(folder, 'real')
const other = join(folder, 'other')
writeFileSync(real, '')
writeFileSync(other, '')
symlinkSync('real', join(folder, 'link'))
linkSync(real, join(folder, 'hard'))
const { ino: inode, dev: device } = statSync(real)
const NO_PROCESS = 0

const CASES: readonly (readonly [string, { path: string; currentDirectory?: string; inode?: number }, string])[] = [
  ['an absolute path', { path: real }, real],
  ['a link leads to the file', { path: join(folder, 'link') }, real],
  ['a second name of the file is its name', { path: join(folder, 'hard') }, join(folder, 'hard')],
  ['relative, with the directory', { path: './link', currentDirectory: folder }, real],
  ['relative, without', { path: './real' }, './real'],
  ['another file has that name by now', { path: other }, other],
  ['the file is gone', { path: '/gone/../x', inode: 1 }, '/gone/../x'],
  ['a file in the way', { path: join(real, 'x') }, join(real, 'x')],
]

for (const [name, { path, currentDirectory, ...rest }, expected] of CASES) {
  test(name, () => {
    const executable = {
      inode,
      device,
      currentDirectory: currentDirectory === undefined ? null : byteText(currentDirectory),
      ...rest,
    }
    const images = new ImagePaths()
    assert.equal(images.resolve({ path: byteText(path), ...executable }, NO_PROCESS), expected)
    assert.equal(images.resolve({ path: byteText(path), ...executable }, NO_PROCESS), expected) // and from memory
  })
}

test('a path that means nothing here is asked of the living process', () => {
  const file = statSync(process.execPath)
  const executable = { path: byteText('/in/a/container'), inode: file.ino, device: file.dev, currentDirectory: null }
  assert.equal(new ImagePaths().resolve(executable, process.pid), process.execPath)
})

test('what the living process runs by now does not count when it is another file', () => {
  const executable = { path: byteText('/gone'), inode, device, currentDirectory: null }
  assert.equal(new ImagePaths().resolve(executable, process.pid), '/gone')
})

test('a name that could not be verified is not remembered', () => {
  const images = new ImagePaths()
  const path = byteText(join(folder, 'later'))
  const executable = { path, inode, device, currentDirectory: null }
  assert.equal(images.resolve(executable, NO_PROCESS), path)
  symlinkSync('real', path)
  assert.equal(images.resolve(executable, NO_PROCESS), real)
})

test('a relative name leads elsewhere from another directory', () => {
  const images = new ImagePaths()
  const executable = { path: byteText('real'), inode, device }
  assert.equal(images.resolve({ ...executable, currentDirectory: byteText(folder) }, NO_PROCESS), real)
  assert.equal(images.resolve({ ...executable, currentDirectory: byteText('/gone') }, NO_PROCESS), '/gone/real')
})

test('more executables than can be remembered: every one keeps its own name', () => {
  const images = new ImagePaths()
  const executable = { inode, device, currentDirectory: byteText(folder) }
  const dots = (k: number) => byteText(`${'./'.repeat(k % 50)}${k % 2 === 0 ? 'real' : 'hard'}`)
  for (let k = 0; k < 200; k++) {
    assert.equal(images.resolve({ ...executable, path: dots(k) }, NO_PROCESS), join(folder, dots(k)))
  }
})
