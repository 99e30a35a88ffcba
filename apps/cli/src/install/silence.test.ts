import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { HostStatus } from '@firebreak/api'
import { type AgentOptions, deploy, type Deployment, installAgent, startAgent } from '../deployment.ts'
import { lastJson, processesNaming, runCli, temporaryFolder } from '../cli.fixture.ts'
import { ENTRY } from '../places.ts'
import type { Service } from '../service.ts'
import { hostsOf, Watch } from '../watch.ts'

const NEEDS_LINUX = { skip: process.platform === 'linux' ? false : 'agents need Linux' }
const INTERVAL_MS = 1_000
const WAIT_MS = 60_000
const FAR_MS = 3_600_000

interface Stage {
  readonly folder: string
  readonly agent: AgentOptions
  readonly watch: Watch
  readonly start: () => Service
}

async function stage(context: TestContext): Promise<Stage> {
  const folder = temporaryFolder(context)
  const services: Service[] = []
  const onStart = (service: Service) => void services.push(service)
  // Rollouts would wait for an hour before they take a host for silent, and are judged once in a minute.
  const options = { state: join(folder, 'state'), port: 0, policy: { silenceAfterMs: FAR_MS }, tickMs: 60_000 }
  const deployment: Deployment = await deploy({ ...options, onStart })
  const watch = new Watch(deployment.client)
  context.after(async () => {
    await watch.close()
    for (const service of services) await service.kill()
    while (processesNaming(folder).length > 0) await new Promise((resolve) => setTimeout(resolve, 50))
  })
  const agent: AgentOptions = {
    folder: join(folder, 'agent'),
    entry: ENTRY.agent,
    hostName: 'victim',
    ring: 'canary',
    pack: 'linux-baseline',
    beaconIntervalMs: INTERVAL_MS,
    pollIntervalMs: INTERVAL_MS,
    trialMs: INTERVAL_MS,
  }
  await installAgent(agent, deployment.operator, deployment.keystore.root)
  const start = () => {
    const service = startAgent(agent)
    onStart(service)
    return service
  }
  return { folder, agent, watch, start }
}

const victim = (watch: Watch): HostStatus | undefined => hostsOf(watch.status).find(({ name }) => name === 'victim')
const is = (watch: Watch, kind: HostStatus['presence']['kind']) => () => victim(watch)?.presence.kind === kind

test(
  'an agent that is killed is silent; one that is stopped, as the policy asks, says so',
  NEEDS_LINUX,
  async (context) => {
    const { folder, agent, watch, start } = await stage(context)
    await context.test('killed, it is silent after two of its own intervals; back, it is present', async () => {
      const service = start()
      await watch.until('its beacon', WAIT_MS, is(watch, 'present'))
      await service.kill()
      await watch.until('silence', WAIT_MS, is(watch, 'silent'))
      const { presence, lastSeenMs } = victim(watch) as HostStatus
      const afterMs = (watch.status?.serverTimeMs ?? 0) - (lastSeenMs ?? 0)
      assert.deepEqual(presence, { kind: 'silent', sinceMs: lastSeenMs })
      assert.ok(afterMs > 2 * INTERVAL_MS, `${afterMs} ms`)
      context.diagnostic(`silent ${afterMs} ms after its last beacon, which promised one each ${INTERVAL_MS} ms`)
      start()
      await watch.until('its return', WAIT_MS, is(watch, 'present'))
    })
    await context.test(
      'with a policy that asks for a token it is stopped by nothing else, and the server says why',
      async () => {
        const run = async (code: number, ...args: readonly string[]) => {
          const ended = await runCli(args, folder)
          assert.equal(ended.code, code, `${args.join(' ')}: ${ended.stderr}`)
          return ended
        }
        const file = (name: string) => join(folder, name)
        const made = lastJson(await run(0, 'policy', 'key', file('key.pem'), '--json'))
        const sign = ['policy', 'sign', '--key', file('key.pem'), '--customer', 'acme', '--generation', '1']
        await run(0, ...sign, '--stop', 'token', '--out', file('policy.json'))
        await run(0, 'policy', 'apply', file('policy.json'), '--data', agent.folder, '--key', String(made['publicKey']))
        const { host } = victim(watch) as HostStatus
        const refused = await run(1, 'agent', 'stop', '--data', agent.folder)
        assert.match(refused.stderr, /^Cannot stop: the customer's policy asks for a stop token/)
        await watch.until('the notice', WAIT_MS, () =>
          victim(watch)?.beacon?.notices.some(({ code }) => code === 'tamper/stop-refused'),
        )
        const token = ['policy', 'stop-token', '--key', file('key.pem'), '--minutes', '5', '--reason', 'kernel update']
        await run(0, ...token, '--host', host, '--out', file('token'))
        await run(0, 'agent', 'stop', '--data', agent.folder, '--token', file('token'))
        await watch.until('the stop', WAIT_MS, is(watch, 'stopped'))
        const shown = victim(watch)?.presence
        assert.equal(shown?.kind === 'stopped' && shown.reason, 'stop token: kernel update')
        const status = await run(0, 'status', '--state', file('state'))
        assert.match(status.stdout, /STOPPED.* for \d+ s: stop token: kernel update/)
        assert.match(status.stdout, /tamper\/stop-refused/)
        await run(0, 'agent', 'fsck', agent.folder)
      },
    )
  },
)
