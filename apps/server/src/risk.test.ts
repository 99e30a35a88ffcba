import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { signGateReport } from '@firebreak/gate'
import { GATE, hostBeacon, releaseFiles, reportOf, TestServer } from './server.fixture.ts'

const RISK = { score: 62, firstWavePpmMax: 2_000, bakeMsMin: 2_700_000 }

test('the risk that approvers signed is obeyed from the first wave on, told, and survives a restart', async () => {
  const server = new TestServer()
  try {
    await server.init()
    await server.start()
    const image = utf8Encode('image of 1.0.0')
    const report = signGateReport(reportOf('1.0.0', image, { risk: { ...RISK, reasons: [] } }), GATE)
    const hosts = [await server.enrol('canary'), await server.enrol('canary'), await server.enrol('canary')]
    for (const host of hosts) await server.report(host, hostBeacon(1))
    const response = await server.publish(releaseFiles('1.0.0', report, { risk: RISK }))
    assert.equal(response.status, 201, await response.text())
    const { rollouts } = await server.until((status) => status.rollouts[0]?.waves.length === 1)
    const [rollout] = rollouts
    assert.deepEqual(rollout?.risk, RISK)
    // The budget would take the ring whole.
    assert.equal(rollout?.waves[0]?.exposedHosts, 1)
    assert.match(rollout?.verdict?.explanation ?? '', /Its risk is 62 of 100/)
    await server.kill()
    await server.start()
    const again = await server.status()
    assert.deepEqual(again.rollouts[0]?.risk, RISK)
    assert.equal(again.rollouts[0]?.waves[0]?.exposedHosts, 1)
  } finally {
    await server.remove()
  }
})
