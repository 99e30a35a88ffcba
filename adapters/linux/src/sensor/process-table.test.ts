import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { byteText } from './byte-text.ts'
import {
  ENDED_COUNT_MAX,
  ENDED_KEEP_MS,
  type Process,
  PROCESS_COUNT_MAX,
  ProcessTable,
  UNKNOWN_PROGRAM,
} from './process-table.ts'

function made(pid: number, startTicks: number | null, commandLine = ''): Process {
  const program = { ...UNKNOWN_PROGRAM, commandLine: byteText(commandLine) }
  return { pid, startTicks, parentPid: 1, parentStartTicks: 0, uid: 0, gid: 0, cgroup: null, container: null, program }
}

test('behaves as a list of processes that forgets the ended after a while', () => {
  const pid = fc.integer({ min: 1, max: 4 })
  const start = fc.integer({ min: 0, max: 3 })
  const step = fc.record({
    kind: fc.constantFrom('put', 'put', 'end'),
    pid,
    start,
    waitMs: fc.constantFrom(0, 1, ENDED_KEEP_MS / 2, ENDED_KEEP_MS),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const table = new ProcessTable()
      const model = new Map<string, { process: Process; endedMs: number | null }>()
      const latest = new Map<number, string>()
      let nowMs = 0
      for (const [index, { kind, pid, start, waitMs }] of steps.entries()) {
        nowMs += waitMs
        const key = `${pid}:${start}`
        if (kind === 'put') {
          const before = latest.get(pid)
          if (before !== undefined && before !== key) markEnded(before)
          model.set(key, { process: made(pid, start, String(index)), endedMs: null })
          latest.set(pid, key)
          table.put(made(pid, start, String(index)), nowMs)
        } else {
          if (model.has(key)) markEnded(key)
          table.end(pid, start, nowMs)
        }
      }
      for (const [key, { process }] of model) {
        assert.deepEqual(table.find(process.pid, process.startTicks), process, key)
        if (latest.get(process.pid) === key) assert.deepEqual(table.find(process.pid, null), process)
      }
      assert.equal(table.size, model.size)
      const living = [...model.values()].filter(({ process, endedMs }) => endedMs === null && isLatest(process))
      assert.deepEqual(new Set(table.living()), new Set(living.map(({ process }) => process)))

      function isLatest(process: Process): boolean {
        return latest.get(process.pid) === `${process.pid}:${process.startTicks}`
      }
      function markEnded(key: string): void {
        const entry = model.get(key)
        if (entry !== undefined) entry.endedMs ??= nowMs
        for (const [other, { process, endedMs }] of model) {
          if (endedMs === null || nowMs - endedMs <= ENDED_KEEP_MS) continue
          model.delete(other)
          if (latest.get(process.pid) === other) latest.delete(process.pid)
        }
      }
    }),
  )
})

test('a pid that comes round again is another process; the first one is still found by its start', () => {
  const table = new ProcessTable()
  table.put(made(7, 1, 'first'), 0)
  table.put(made(7, 2, 'second'), 1)
  assert.equal(table.find(7, 1)?.program.commandLine, 'first')
  assert.equal(table.find(7, null)?.program.commandLine, 'second')
  assert.equal(table.find(7, 3), null)
})

test('a process of unknown start is replaced when its start is known', () => {
  const table = new ProcessTable()
  table.put(made(7, null, 'guess'), 0)
  table.put(made(7, 5, 'known'), 0)
  assert.equal(table.size, 1)
  assert.equal(table.find(7, null)?.program.commandLine, 'known')
})

test('a fork storm neither grows the table beyond its limits nor forgets who still lives', () => {
  const table = new ProcessTable()
  table.put(made(1, 0, 'init'), 0)
  for (let k = 0; k < 2 * ENDED_COUNT_MAX; k++) {
    table.put(made(2 + k, k), 0)
    table.end(2 + k, k, 0)
  }
  assert.equal(table.size, ENDED_COUNT_MAX + 1)
  assert.equal(table.find(1, 0)?.program.commandLine, 'init')
})

test('more living processes than the limit: the ended go first, then the oldest', () => {
  const table = new ProcessTable()
  table.put(made(1, 0), 0)
  table.put(made(2, 0), 0)
  table.end(2, 0, 0)
  for (let k = 0; k < PROCESS_COUNT_MAX - 1; k++) table.put(made(3 + k, 1), 0)
  assert.deepEqual([table.size, table.find(2, 0), table.find(1, 0)?.pid], [PROCESS_COUNT_MAX, null, 1])
  table.put(made(100_000, 1), 0)
  assert.deepEqual([table.size, table.find(1, 0), table.find(100_000, 1)?.pid], [PROCESS_COUNT_MAX, null, 100_000])
})
