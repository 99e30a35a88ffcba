import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { planOf } from '@firebreak/rollout'
import { openDatabase } from '@firebreak/sqlite'
import { Hosts } from './hosts.ts'
import { Ledger } from './ledger.ts'
import { MIGRATIONS, openStore } from './schema.ts'

test('a database of version 0.1: hosts get their numbers in order, what rolled is halted, what was complete stays the baseline', () => {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-schema-'))
  try {
    const path = join(folder, 'a.db')
    const old = openDatabase(path, { migrations: MIGRATIONS.slice(0, 1) })
    const host = old.prepare('insert into host(host, name, ring, enrolled_at_ms, token_hash) values (?, ?, ?, ?, ?)')
    for (const [name, atMs] of [['h-b', 2] as const, ['h-c', 1] as const, ['h-a', 2] as const]) {
      host.run(name, name, 'canary', atMs, name)
    }
    const release = old.prepare(
      `insert into release(image_digest, pack, version, category, gate_report_digest, published_at_ms, status,
         completed_at_ms) values (?, 'p', ?, 'c', '', ?, ?, ?)`,
    )
    release.run('a'.repeat(64), '1.0.0', 1, 'complete', 5)
    release.run('b'.repeat(64), '1.1.0', 2, 'rolling', null)
    const state = {
      pack: 'p',
      status: 'rolling',
      waves: [{ ring: 'canary', ppm: 1_000_000 }],
      waveIndex: 0,
      cohort: ['h-a'],
    }
    old.prepare('insert into rollout(pack, state) values (?, ?)').run('p', JSON.stringify(state))
    old.prepare('insert into verdict(record) values (?)').run('{"counts":{"cohort":1}}')
    old.close()

    const now = openStore(path)
    const hosts = new Hosts(now, () => {})
    assert.deepEqual(
      hosts.all.map(({ host: name, number }) => [number, name]),
      [
        [0, 'h-c'],
        [1, 'h-a'],
        [2, 'h-b'],
      ],
    )
    assert.equal(hosts.all[hosts.numberOf('h-b')]?.host, 'h-b')
    const ledger = new Ledger(now)
    assert.deepEqual(
      ledger.releases.map(({ version, state: is }) => `${version} ${is}`),
      ['1.0.0 complete', '1.1.0 halted'],
    )
    assert.deepEqual([ledger.rolling, ledger.verdicts()], [[], []])
    const [pack] = planOf({ ...ledger.intent, evidence: [] }, 2, 10).packs
    assert.deepEqual([pack?.baseline?.version, pack?.candidate, pack?.exposure], ['1.0.0', null, []])
    now.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
