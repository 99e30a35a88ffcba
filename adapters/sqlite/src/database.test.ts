import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { errorCode } from '@firebreak/kernel'
import { openDatabase } from './database.ts'

const MIGRATIONS = ['create table note(id integer primary key, body text not null)']
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'firebreak-sqlite-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const path = () => join(folder, 'a.db')
const code = (action: () => unknown) => {
  try {
    action()
    return 'none'
  } catch (error) {
    return errorCode(error)
  }
}

test('what a transaction wrote is there after opening again, with full sync in WAL', () => {
  const first = openDatabase(path(), { migrations: MIGRATIONS })
  first.transaction(() => first.prepare('insert into note(body) values (?)').run('kept'))
  assert.equal(first.prepare('pragma journal_mode').get()?.['journal_mode'], 'wal')
  assert.equal(first.prepare('pragma synchronous').get()?.['synchronous'], 2)
  first.close()
  const second = openDatabase(path(), { migrations: MIGRATIONS })
  assert.deepEqual(
    second
      .prepare('select body from note')
      .all()
      .map((row) => row['body']),
    ['kept'],
  )
  second.close()
})

test('a transaction that throws leaves nothing, and the next one works', () => {
  const database = openDatabase(path(), { migrations: MIGRATIONS })
  const insert = database.prepare('insert into note(body) values (?)')
  assert.throws(
    () =>
      database.transaction(() => {
        insert.run('lost')
        throw new Error('no')
      }),
    /^Error: no$/,
  )
  database.transaction(() => insert.run('kept'))
  assert.equal(database.prepare('select count(*) as n from note').get()?.['n'], 1)
  database.close()
})

test('migrations run once each, and a database of a newer program is refused', () => {
  openDatabase(path(), { migrations: MIGRATIONS }).close()
  const more = [...MIGRATIONS, 'alter table note add column at integer']
  const database = openDatabase(path(), { migrations: more })
  assert.equal(database.prepare('select at from note').get(), null)
  database.close()
  assert.equal(
    code(() => openDatabase(path(), { migrations: MIGRATIONS })),
    'sqlite/newer',
  )
})

test('a migration that fails leaves the database as it was', () => {
  openDatabase(path(), { migrations: MIGRATIONS }).close()
  const broken = [...MIGRATIONS, 'create table two(id integer); create table note(id integer)']
  assert.equal(
    code(() => openDatabase(path(), { migrations: broken })),
    'sqlite/fault',
  )
  const database = openDatabase(path(), { migrations: MIGRATIONS })
  assert.equal(database.prepare(`select count(*) as n from sqlite_schema where name = 'two'`).get()?.['n'], 0)
  database.close()
})

test('a second process is refused while the first lives, and let in after it was killed', async () => {
  const script = `
    import { openDatabase } from ${JSON.stringify(new URL('database.ts', import.meta.url).href)}
    const database = openDatabase(${JSON.stringify(path())}, { migrations: ${JSON.stringify(MIGRATIONS)} })
    database.transaction(() => database.prepare('insert into note(body) values (?)').run('acknowledged'))
    process.stdout.write('open')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  assert.equal(
    code(() => openDatabase(path(), { migrations: MIGRATIONS })),
    'sqlite/locked',
  )
  child.kill('SIGKILL')
  await once(child, 'exit')
  const database = openDatabase(path(), { migrations: MIGRATIONS })
  assert.equal(database.prepare('select body from note').get()?.['body'], 'acknowledged')
  database.close()
})

test('shared: two have it open, see what the other wrote, and a transaction that threw left nothing to either', () => {
  const options = { migrations: MIGRATIONS, isShared: true }
  const [one, two] = [openDatabase(path(), options), openDatabase(path(), options)]
  const write = (database: typeof one, body: string) =>
    database.transaction(() => database.prepare('insert into note(body) values (?)').run(body))
  write(one, 'of one')
  write(two, 'of two')
  assert.throws(
    () =>
      two.transaction(() => {
        two.prepare('delete from note').run()
        throw new Error('no')
      }),
    /^Error: no$/,
  )
  const bodies = one.prepare('select body from note order by id').all()
  assert.deepEqual(
    bodies.map((row) => row['body']),
    ['of one', 'of two'],
  )
  assert.equal(
    code(() => openDatabase(path(), { migrations: MIGRATIONS })),
    'sqlite/locked',
    'who wants it alone waits until nobody has it',
  )
  one.close()
  two.close()
})

test('no room: one sentence, the transaction undone, what was there still readable', () => {
  const database = openDatabase(path(), { migrations: MIGRATIONS, sizeBytesMax: 65_536 })
  const insert = database.prepare('insert into note(body) values (?)')
  database.transaction(() => insert.run('kept'))
  assert.throws(() => database.transaction(() => insert.run('x'.repeat(200_000))), {
    code: 'sqlite/full',
    message: `Cannot use ${path()}: the disk is full; free some space and start again`,
  })
  assert.equal(database.prepare('select count(*) as n from note').get()?.['n'], 1)
  database.close()
})

const unusable: readonly (readonly [string, (at: string) => void, string])[] = [
  ['text instead of a database', (at) => writeFileSync(at, 'no database '.repeat(100)), 'sqlite/corrupt'],
  ['a folder in its place', (at) => execFileSync('mkdir', [at]), 'sqlite/permission'],
]
for (const [name, prepare, expected] of unusable) {
  test(`${name}: ${expected}`, () => {
    prepare(path())
    assert.equal(
      code(() => openDatabase(path(), { migrations: MIGRATIONS })),
      expected,
    )
  })
}

test('a folder that does not exist: sqlite/permission', () => {
  assert.equal(
    code(() => openDatabase(join(folder, 'none', 'a.db'), { migrations: MIGRATIONS })),
    'sqlite/permission',
  )
})
