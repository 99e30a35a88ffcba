import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { errorMessage } from '@firebreak/kernel'
import { openSensor } from './sensor.ts'
import { SENSOR_TIERS, type SensorTier } from './tier.ts'

/** Measures every tier that works here, and prints one line of JSON: `node sensor.bench.ts [processes]`. */

const PROCESSES = Number(process.argv[2] ?? 5000)
const TRUE = existsSync('/bin/true') ? '/bin/true' : '/usr/bin/true'

interface Figures {
  readonly tier: SensorTier
  readonly processes: number
  /** Processes that gave an event. */
  readonly captured: number
  /** Of those, with every argument as it was. */
  readonly argvCorrect: number
  readonly dropped: number
  /** This process's CPU time, user and system, per fork + exec + exit; the shell that starts them runs outside. */
  readonly cpuMicrosPerLifecycle: number
  readonly seconds: number
}

const results: (Figures | { readonly tier: SensorTier; readonly unavailable: string })[] = []
for (const tier of SENSOR_TIERS) {
  try {
    results.push(await measure(tier))
  } catch (error) {
    results.push({ tier, unavailable: errorMessage(error) })
  }
}
console.log(JSON.stringify({ processes: PROCESSES, results }))

async function measure(tier: SensorTier): Promise<Figures> {
  const tag = `bench-${process.pid}-${tier}`
  const seen = new Map<number, string | null>()
  let shellPid: number | undefined
  const sensor = await openSensor({
    tier,
    now: Date.now,
    onEvents(events) {
      for (const { fields } of events) {
        if (fields['ParentProcessId'] !== shellPid) continue
        seen.set(Number(fields['ProcessId']), fields['CommandLine'] === null ? null : String(fields['CommandLine']))
      }
    },
  })
  const before = process.cpuUsage()
  const startedMs = performance.now()
  const shell = spawn('/bin/sh', ['-c', `i=0; while [ $i -lt ${PROCESSES} ]; do ${TRUE} ${tag} $i; i=$((i+1)); done`])
  shellPid = shell.pid
  await new Promise((resolve) => shell.on('exit', resolve))
  const seconds = (performance.now() - startedMs) / 1000
  await sensor.close()
  const { user, system } = process.cpuUsage(before)
  const expected = new Set(Array.from({ length: PROCESSES }, (_, i) => `${TRUE} ${tag} ${i}`))
  return {
    tier,
    processes: PROCESSES,
    captured: seen.size,
    argvCorrect: [...seen.values()].filter((line) => line !== null && expected.delete(line)).length,
    dropped: sensor.dropped(),
    cpuMicrosPerLifecycle: Math.round((10 * (user + system)) / PROCESSES) / 10,
    seconds: Math.round(seconds * 10) / 10,
  }
}
