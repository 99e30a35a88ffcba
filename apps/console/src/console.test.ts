import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { detection, detectionLine, detectionLines, HOSTILE_TITLE } from './fixture/detections.ts'
import { emptyFleet, HALT_EXPLANATION, haltedFleet, rollingFleet } from './fixture/fleet.ts'
import { largeFleet } from './fixture/large.ts'
import { FIXTURE_TOKEN, type FixtureServer, startFixtureServer } from './fixture/server.ts'

const CHROMIUM = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path))
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const WAIT_MS_MAX = 5_000
const SCRIPT_GZIP_BYTES_MAX = 120_000

let folder = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firebreak-console-'))
})
after(async () => {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

async function buildInto(name: string): Promise<string> {
  const outDir = join(folder, name)
  await build({ root: join(import.meta.dirname, '..'), logLevel: 'error', build: { outDir } })
  return outDir
}

describe('build', () => {
  test('is small, is the same every time, and holds no inline code', async () => {
    const [one, two] = [await buildInto('dist'), await buildInto('again')]
    const files = (await readdir(one, { recursive: true })).toSorted()
    assert.deepEqual((await readdir(two, { recursive: true })).toSorted(), files)
    let scriptBytes = 0
    for (const file of files.filter((name) => name.includes('.'))) {
      const bytes = await readFile(join(one, file))
      assert.ok(bytes.equals(await readFile(join(two, file))), file)
      if (file.endsWith('.js')) scriptBytes += gzipSync(bytes).length
    }
    assert.ok(scriptBytes > 0 && scriptBytes <= SCRIPT_GZIP_BYTES_MAX, `${scriptBytes} bytes`)
    const page = await readFile(join(one, 'index.html'), 'utf8')
    assert.doesNotMatch(page, /<style|style=|<script(?![^>]* src=)|https?:/)
  })
})

describe('in a browser', { skip: CHROMIUM === undefined && 'no Chromium found: set CHROMIUM to its path' }, () => {
  let browser: BrowserContext
  let dist = ''

  before(async () => {
    dist = await buildInto('served')
    browser = await chromium.launchPersistentContext(join(folder, 'profile'), {
      executablePath: CHROMIUM ?? '',
      args: ARGUMENTS,
    })
    browser.setDefaultTimeout(WAIT_MS_MAX)
  })
  after(() => browser?.close())

  /** Runs `act` on a page of its own, then fails if the browser complained about anything but `expected`. */
  async function withConsole(
    fleet: (nowMs: number) => ReturnType<typeof haltedFleet>,
    act: (page: Page, server: FixtureServer) => Promise<void>,
    { fragment = `#token=${FIXTURE_TOKEN}`, expected = /^$/ } = {},
  ): Promise<void> {
    const nowMs = Date.now()
    const server = await startFixtureServer(dist, fleet(nowMs), detectionLines(nowMs))
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
    })
    page.on('request', (request) => {
      if (!request.url().startsWith(server.origin) && !request.url().startsWith('data:')) complaints.push(request.url())
    })
    try {
      await page.goto(`${server.origin}/${fragment}`)
      await act(page, server)
      assert.deepEqual(
        complaints.filter((text) => !expected.test(text)),
        [],
      )
    } finally {
      await page.close()
      await server.close()
    }
  }

  test('shows rings and hosts in order, and every state in words', async () => {
    await withConsole(haltedFleet, async (page) => {
      const rings = page.getByRole('region', { name: /^Ring / })
      await rings.first().waitFor()
      assert.deepEqual(await rings.getByRole('heading').allTextContents(), ['canary', 'early', 'broad'])
      const names = await page.locator('.host-name').allTextContents()
      assert.equal(names.join(' '), 'web-01 web-02 build-01 db-01 cache-01 web-03 web-04 web-05 ledger-01')
      const states = await page.locator('.host-state').allTextContents()
      const spared = Array.from({ length: 4 }, () => 'Not exposed')
      assert.deepEqual(states, ['Confirmed', 'Confirmed', 'Refused', 'Fell back', 'Silent'].concat(spared))
      await page.getByText('back in 143 ms').waitFor()
    })
  })

  test('says what is going on, and why it was halted', async () => {
    await withConsole(haltedFleet, async (page) => {
      await page.getByRole('heading', { level: 1, name: 'linux-baseline 1.2.0 halted in early' }).waitFor()
      await page.getByRole('region', { name: 'Verdicts' }).getByText(HALT_EXPLANATION).waitFor()
      assert.equal(await page.title(), 'Halted: linux-baseline 1.2.0 · Firebreak')
    })
  })

  test('shows a rollout: its waves, both arms, the evidence between hold and halt, and what resolves it', async () => {
    await withConsole(largeFleet, async (page) => {
      const panel = page.getByRole('region', { name: 'Rollout' })
      await panel.getByText('Emergency lane').waitFor()
      await panel.getByText(/^14 of 4,188 exposed hosts fell silent/).waitFor()
      await panel.getByText(/E falls below 1,000/).waitFor()
      await panel.getByText('2 alternatives considered').click()
      await panel.getByText(/^advance to 3,225 hosts of broad/).waitFor()
      const waves = await panel.locator('[data-wave]').allInnerTexts()
      assert.equal(waves.length, 6, 'five, and the next one')
      assert.match(waves[4] ?? '', /5\s+early\s+2,020 of 4,260 proven/)
      assert.match(waves[5] ?? '', /next\s+up to 3,225 hosts/)
      const rows = await panel.getByRole('row').allInnerTexts()
      assert.ok(
        rows.some((row) => /^Silence\s+14\s+3$/.test(row)),
        rows.join(' | '),
      )
      const levels = await panel.locator('[data-evidence]').evaluateAll((found) => {
        return found.map((one) => `${one.firstChild?.textContent}: ${(one as HTMLElement).dataset['evidence']}`)
      })
      assert.deepEqual(levels.slice(0, 3), ['The rollout: hold', 'Silence: hold', 'Engine restart: none'])
      const x = (part: string) =>
        panel
          .locator(part)
          .evaluateAll((found) => found.map((one) => one.getBoundingClientRect()).map((box) => box.x + box.width / 2))
      const [[hold = 0], [halt = 0], dots] = [
        await x('.axis line.limit-hold'),
        await x('.axis line.limit-halt'),
        await x('.evidence-dot'),
      ]
      assert.ok((dots[0] ?? 0) > hold && (dots[0] ?? 0) < halt && (dots[4] ?? 0) < hold, dots.join(', '))
    })
  })

  test('a rollout of a few hosts says that each one counts, and one that was halted why', async () => {
    await withConsole(haltedFleet, async (page) => {
      const panel = page.getByRole('region', { name: 'Rollout' })
      await panel.getByText('there is nobody to compare with, so single hosts count').waitFor()
      await panel.getByText(HALT_EXPLANATION).waitFor()
      assert.equal(await panel.locator('[data-wave="halted"]').count(), 1)
      assert.equal(await panel.locator('[data-wave="next"]').count(), 0)
    })
  })

  test('shows what owners of hosts make of new releases', async () => {
    await withConsole(haltedFleet, async (page) => {
      const stances = page.getByRole('list', { name: 'How hosts take new releases' })
      await stances.waitFor()
      assert.match(await stances.innerText(), /^7 at once\s+1 later\s+1 never\s+1 policy refused$/)
      await page.locator('.host', { hasText: 'web-05' }).getByText('Takes releases later, getting stale').waitFor()
      await page.locator('.host', { hasText: 'ledger-01' }).click()
      const panel = page.getByRole('dialog', { name: 'Host ledger-01' })
      await panel.getByText('finance, generation 3').waitFor()
      await panel.getByText('rollout/policy-signature').waitFor()
    })
  })

  test('says on which server one looks when another decides', async () => {
    const standBy = (nowMs: number) => ({ ...rollingFleet(nowMs), controller: { role: 'stand-by', token: 4 } as const })
    await withConsole(standBy, async (page) => {
      await page.getByText('Stand-by', { exact: true }).waitFor()
    })
  })

  test('follows the stream: a halt and a detection appear as they happen', async () => {
    await withConsole(rollingFleet, async (page, server) => {
      await page.getByRole('heading', { level: 1, name: /rolling out: wave 2 in early, 1 of 3 proven/ }).waitFor()
      await page.getByText('Live', { exact: true }).waitFor()
      const record = detection(900, Date.now(), { title: 'Arrived on the stream' })
      server.send({ kind: 'status', status: haltedFleet(Date.now()) }, detectionLine('h-db-01', record))
      await page.getByRole('heading', { level: 1, name: /halted in early/ }).waitFor()
      const first = page.locator('.detection').first()
      await first.getByText('Arrived on the stream').waitFor()
      assert.equal(await first.locator('.detection-host').textContent(), 'db-01')
    })
  })

  test('hostile text stays text', async () => {
    await withConsole(haltedFleet, async (page, server) => {
      await page.locator('.detection').first().waitFor()
      const value = '</dd><script>document.title="owned"</script>\u202Egpj'
      const fields = [{ field: '<b>Image</b>', value }]
      const record = detection(901, Date.now(), {
        title: HOSTILE_TITLE,
        level: '"><i>',
        fields,
        selections: [{ name: '<script>s</script>', matched: fields }],
        custom: '<b>{}</b>',
      })
      server.send(detectionLine('javascript:alert(1)', record))
      await page.getByText(HOSTILE_TITLE, { exact: true }).click()
      await page.locator('.detection-open').getByText('\\u{202e}gpj').waitFor()
      assert.equal(await page.locator('.detections :is(img, script, b, i)').count(), 0)
      assert.doesNotMatch(await page.title(), /owned/)
    })
  })

  test('holds the detections while they are read, and filters them', async () => {
    await withConsole(haltedFleet, async (page, server) => {
      const rows = page.locator('.detection')
      await rows.first().hover()
      server.send(detectionLine('h-db-01', detection(902, Date.now(), { title: 'While reading' })))
      const more = page.getByRole('button', { name: '1 new' })
      await more.waitFor()
      assert.equal(await page.getByText('While reading').count(), 0)
      await more.click()
      await rows.first().getByText('While reading').waitFor()
      await page.getByRole('button', { name: 'Pause detections' }).click()
      await page.getByRole('button', { name: 'Paused' }).click()
      await page.getByRole('searchbox').fill('DB-01 reading')
      await page.getByText('1 match', { exact: true }).waitFor()
      assert.equal(await rows.count(), 1)
    })
  })

  test('keeps the newest 500 detections', async () => {
    await withConsole(haltedFleet, async (page, server) => {
      await page.locator('.detection').nth(29).waitFor()
      server.send(
        ...Array.from({ length: 600 }, (_, index) => detectionLine('h-storm', detection(index + 1, Date.now()))),
      )
      await page.getByText('newest 500 of 630').waitFor()
      assert.equal(await page.locator('.detection').count(), 500)
    })
  })

  test('halts with a reason, and only with one', async () => {
    await withConsole(rollingFleet, async (page, server) => {
      await page.getByRole('button', { name: 'Halt linux-baseline 1.2.0' }).press('Enter')
      const dialog = page.getByRole('dialog')
      const send = dialog.getByRole('button', { name: 'Halt release' })
      assert.equal(await send.isDisabled(), true)
      await page.keyboard.type('  db-01 is slow  ')
      await send.press('Enter')
      await dialog.waitFor({ state: 'detached' })
      assert.deepEqual(server.orders, [{ path: '/v1/packs/linux-baseline/halt', body: { reason: 'db-01 is slow' } }])
    })
  })

  test('recalls a version; a refused order says why and keeps the reason', async () => {
    await withConsole(
      haltedFleet,
      async (page, server) => {
        server.answerOrdersWith(409)
        await page.getByRole('button', { name: 'Recall linux-baseline 1.2.0' }).click()
        const dialog = page.getByRole('dialog')
        await dialog.getByLabel('Reason').fill('Breaks db hosts')
        await dialog.getByRole('button', { name: 'Recall release' }).click()
        await dialog.getByText('(server/conflict)').waitFor()
        server.answerOrdersWith(204)
        await dialog.getByRole('button', { name: 'Recall release' }).click()
        await dialog.waitFor({ state: 'detached' })
        const order = { path: '/v1/packs/linux-baseline/recall', body: { version: '1.2.0', reason: 'Breaks db hosts' } }
        assert.deepEqual(server.orders, [order, order])
      },
      { expected: /409 \(Conflict\)/ },
    )
  })

  test('Escape orders nothing and gives the focus back', async () => {
    await withConsole(rollingFleet, async (page, server) => {
      const halt = page.getByRole('button', { name: 'Halt linux-baseline 1.2.0' })
      await halt.press('Enter')
      await page.getByRole('dialog').waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.equal(await halt.evaluate((button) => button === document.activeElement), true)
      assert.deepEqual(server.orders, [])
    })
  })

  test('a host opens to what it last said', async () => {
    await withConsole(haltedFleet, async (page) => {
      await page.locator('.host', { hasText: 'db-01' }).click()
      const panel = page.getByRole('dialog', { name: 'Host db-01' })
      await panel.getByText('linux-baseline 1.1.0, last known good').waitFor()
      await panel.getByText('The engine of 1.2.0 did not answer for 500 ms').waitFor()
    })
  })

  test('asks for a token, refuses a wrong one, and keeps a right one out of the address', async () => {
    await withConsole(
      haltedFleet,
      async (page) => {
        await page.getByText('The server does not accept this token.').waitFor()
        assert.equal(new URL(page.url()).hash, '')
        await page.getByLabel('Operator token').fill(FIXTURE_TOKEN)
        await page.getByRole('button', { name: 'Open the console' }).click()
        await page.getByRole('heading', { level: 1 }).getByText('linux-baseline 1.2.0').waitFor()
        await page.reload()
        await page.getByRole('button', { name: 'Sign out' }).click()
        await page.getByLabel('Operator token').waitFor()
        assert.equal(await page.evaluate(() => sessionStorage.length), 0)
      },
      { fragment: '#token=wrong', expected: /401 \(Unauthorized\)/ },
    )
  })

  test('says when the server is gone, keeps what is known, and recovers', async () => {
    await withConsole(
      haltedFleet,
      async (page, server) => {
        await page.getByText('Live', { exact: true }).waitFor()
        server.goDown()
        await page.getByText('Connection lost.').waitFor()
        await page.getByText('Disconnected', { exact: true }).waitFor()
        assert.equal(await page.locator('.host').count(), 9)
        server.comeUp()
        // At once, or not at all: the page tries again by itself too, and the button goes when it has succeeded.
        await page.getByRole('button', { name: 'Retry now' }).evaluateAll((found) => {
          for (const button of found) (button as HTMLElement).click()
        })
        await page.getByText('Live', { exact: true }).waitFor()
        assert.equal(await page.getByText('Connection lost.').count(), 0)
      },
      { expected: /503 \(Service Unavailable\)/ },
    )
  })

  test('says so when there is nothing yet, and fits a telephone', async () => {
    await withConsole(emptyFleet, async (page) => {
      await page.getByRole('heading', { name: 'No release published' }).waitFor()
      await page.getByText('Nothing published').waitFor()
    })
    for (const fleet of [haltedFleet, largeFleet]) {
      await withConsole(fleet, async (page) => {
        await page.setViewportSize({ width: 390, height: 844 })
        await page.locator('.host').first().waitFor()
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390)
      })
    }
  })
})
