import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { tinyProgram } from './tiny-program.ts'

const own = process.platform === 'linux' ? tinyProgram(process.arch) : null

test(
  'the kernel runs it, and it ends at once without an error',
  { skip: own === null && 'not for this machine' },
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'firebreak-tiny-'))
    try {
      const path = join(folder, 'tiny')
      writeFileSync(path, own ?? '', { mode: 0o755 })
      const { status, signal, stdout, stderr } = spawnSync(path, ['any', 'argument'], { encoding: 'latin1' })
      assert.deepEqual([status, signal, stdout, stderr], [0, null, '', ''])
    } finally {
      rmSync(folder, { recursive: true })
    }
  },
)

test('each machine has its own; nobody is given the wrong one', () => {
  assert.deepEqual(
    [tinyProgram('x64')?.[18], tinyProgram('arm64')?.[18], tinyProgram('riscv64'), tinyProgram('')],
    [62, 183, null, null],
  )
})
