import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { exposureBucketPpm } from './exposure.ts'

const isExposed = (host: string, pack: string, digest: string, ppm: number) =>
  exposureBucketPpm(host, pack, digest) < ppm

const DIGEST = 'a'.repeat(64)
const ppm = fc.integer({ min: 0, max: PPM_ALL })

test('growing exposure only ever adds hosts', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), ppm, ppm, (host, pack, a, b) => {
      const [small, large] = a < b ? [a, b] : [b, a]
      return !isExposed(host, pack, DIGEST, small) || isExposed(host, pack, DIGEST, large)
    }),
  )
})

test('0 is nobody and all is everybody', () => {
  fc.assert(
    fc.property(fc.string(), (host) => !isExposed(host, 'p', DIGEST, 0) && isExposed(host, 'p', DIGEST, PPM_ALL)),
  )
})

test('the bucket is stable over versions of this program', () => {
  assert.equal(exposureBucketPpm('h-1', 'linux-baseline', DIGEST), 550_237)
})

test('a tenth of the ppm is close to a tenth of the hosts, and another tenth for another release', () => {
  const hosts = Array.from({ length: 10_000 }, (_, i) => `h-${i}`)
  const first = new Set(hosts.filter((host) => isExposed(host, 'p', DIGEST, 100_000)))
  const second = hosts.filter((host) => isExposed(host, 'p', 'b'.repeat(64), 100_000))
  assert.ok(Math.abs(first.size - 1000) < 120, `${first.size}`)
  const both = second.filter((host) => first.has(host)).length
  assert.ok(both < 150, `${both} of ${second.length} are first again`)
})
