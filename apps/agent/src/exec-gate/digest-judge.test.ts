import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { DigestJudge, type Held, HELD_COUNT_MAX, HOLD_MS_MAX, JUDGED_FILE_BYTES_MAX } from './digest-judge.ts'
import { DIGEST_COUNT_MAX, mayStart, parseDigests } from './digest-table.ts'

const BAD = 'bad'.repeat(200_000) // more than one chunk
const GOOD = 'good'

/** Files by descriptor, and what became of those who were held. */
class Host {
  readonly files = new Map<number, { key: string; content: string; sizeBytes?: number }>()
  readonly answers: string[] = []
  readonly released: number[] = []
  readonly denied: number[] = []
  nowMs = 0
  readsFail = false
  readonly judge = new DigestJudge(
    { kind: 'denied', digests: new Set([sha256(BAD)]) },
    {
      answer: ({ fd }, answer) => this.answers.push(`${fd} ${answer}`),
      release: ({ fd }) => {
        this.files.delete(fd)
        this.released.push(fd)
      },
      stateOf: (fd) => {
        const file = this.files.get(fd)
        return file === undefined ? null : { key: file.key, sizeBytes: file.sizeBytes ?? file.content.length }
      },
      read: (fd, into, position) => {
        if (this.readsFail) throw new Error('EIO')
        return Buffer.from(this.files.get(fd)?.content ?? '').copy(into, 0, position)
      },
      nowMs: () => this.nowMs,
    },
    ({ fd }) => this.denied.push(fd),
  )

  take(fd: number, content: string, key: string = content.slice(0, 4)): Held {
    this.files.set(fd, { key, content })
    const held = { fd, pid: fd }
    this.judge.take(held)
    return held
  }

  workAll(): void {
    while (this.judge.isBusy) this.judge.work()
  }
}

test('a listed file is denied, another is not; both verdicts are remembered', () => {
  const host = new Host()
  host.take(1, BAD)
  host.take(2, GOOD)
  host.workAll()
  assert.deepEqual(host.answers.toSorted(), ['1 deny', '2 allow'])
  host.take(3, BAD)
  host.take(4, GOOD)
  assert.deepEqual(host.answers.slice(2), ['3 deny', '4 allow'])
  assert.deepEqual([host.denied, host.released.length, host.judge.isBusy], [[1, 3], 4, false])
})

test('all who wait for the same file are answered by one reading', () => {
  const host = new Host()
  for (const fd of [1, 2, 3]) host.take(fd, BAD)
  host.workAll()
  assert.deepEqual(host.answers, ['1 deny', '2 deny', '3 deny'])
  assert.deepEqual(new Set(host.released), new Set([1, 2, 3]))
})

test('who has waited long enough goes on; the next one finds the verdict', () => {
  const host = new Host()
  host.take(1, BAD)
  host.judge.work()
  host.nowMs = HOLD_MS_MAX
  host.judge.work()
  assert.deepEqual([host.answers, host.judge.isHolding], [['1 allow'], false])
  assert.equal(host.judge.counters.late, 1)
  host.workAll()
  host.take(2, BAD)
  assert.deepEqual(host.answers, ['1 allow', '2 deny'])
})

test('more than there is room for go on at once', () => {
  const host = new Host()
  for (let fd = 0; fd <= HELD_COUNT_MAX; fd++) host.take(fd, GOOD, `key ${fd}`)
  assert.deepEqual(host.answers, [`${HELD_COUNT_MAX} allow`])
  assert.equal(host.judge.counters.unjudged, 1)
  host.workAll()
  assert.equal(host.released.length, HELD_COUNT_MAX + 1)
})

/** What keeps a file from being judged. */
const UNJUDGED: readonly (readonly [string, (host: Host) => void])[] = [
  [
    'it is too large',
    (host) => {
      host.files.set(1, { key: 'k', content: BAD, sizeBytes: JUDGED_FILE_BYTES_MAX + 1 })
      host.judge.take({ fd: 1, pid: 1 })
    },
  ],
  ['the kernel does not say what it is', (host) => host.judge.take({ fd: 1, pid: 1 })],
  [
    "it can't be read",
    (host) => {
      host.readsFail = true
      host.take(1, BAD)
    },
  ],
  [
    'it changes while it is read',
    (host) => {
      host.take(1, BAD)
      host.judge.work()
      host.files.set(1, { key: 'other', content: BAD })
    },
  ],
]

for (const [what, happen] of UNJUDGED) {
  test(`may start and is counted, and nothing is remembered: ${what}`, () => {
    const host = new Host()
    happen(host)
    host.workAll()
    assert.deepEqual([host.answers, host.released, host.judge.counters.unjudged], [['1 allow'], [1], 1])
    host.readsFail = false
    host.take(2, BAD)
    host.workAll()
    assert.deepEqual(host.answers[1], '2 deny')
  })
}

test('whatever comes in whatever order: one answer each, every file released once, nobody held too long', () => {
  const steps = fc.array(fc.oneof(fc.record({ file: fc.nat(3) }), fc.record({ passMs: fc.nat(40) })), {
    maxLength: 200,
  })
  const property = fc.property(steps, (all) => {
    const host = new Host()
    let fd = 0
    for (const step of all) {
      if ('file' in step) host.take(fd++, step.file === 0 ? BAD : `${GOOD}${step.file}`, `key ${step.file}`)
      else host.nowMs += step.passMs
      host.judge.work()
      assert.ok(host.judge.waitedMs < HOLD_MS_MAX)
    }
    host.workAll()
    const numbers = (list: readonly (string | number)[]) =>
      list.map((one) => Number.parseInt(String(one), 10)).toSorted((a, b) => a - b)
    const everybody = Array.from({ length: fd }, (_, index) => index)
    assert.deepEqual([numbers(host.answers), numbers(host.released)], [everybody, everybody])
    const { allowed, denied, late, unjudged } = host.judge.counters
    assert.equal(allowed + denied + late + unjudged, fd)
  })
  fc.assert(property)
})

const DIGEST = sha256('x')

/** Lines, and how many digests they are or which line is wrong. */
const TABLES: readonly (readonly [string, string, number | { badLine: number }])[] = [
  ['nothing', '', 0],
  [
    'comments, blanks, names, capitals, twice the same',
    `# a\n\n${DIGEST}  /bin/x\n ${DIGEST.toUpperCase()}\t*y \r\n`,
    1,
  ],
  ['a digest that is too long', `${DIGEST}0`, { badLine: 1 }],
  ['a digest that is too short', `# a\n${DIGEST.slice(1)}`, { badLine: 2 }],
  ['no digest', `${DIGEST}\nroot:x:0:0`, { badLine: 2 }],
]

for (const [what, text, expected] of TABLES) {
  test(`a table with ${what}`, () => {
    const read = parseDigests(text)
    assert.deepEqual(read instanceof Set ? read.size : read, expected)
  })
}

test('a table that is too long is refused, not cut', () => {
  const lines = Array.from({ length: DIGEST_COUNT_MAX + 1 }, (_, i) => i.toString(16).padStart(64, '0'))
  assert.deepEqual(parseDigests(lines.join('\n')), { badLine: DIGEST_COUNT_MAX + 1 })
})

test('to be listed means the opposite in the two kinds of tables', () => {
  const digests = new Set([DIGEST])
  const may = (kind: 'denied' | 'allowed', digest: string) => mayStart({ kind, digests }, digest)
  assert.deepEqual([may('denied', DIGEST), may('denied', sha256('y'))], [false, true])
  assert.deepEqual([may('allowed', DIGEST), may('allowed', sha256('y'))], [true, false])
})

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
