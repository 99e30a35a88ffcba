import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Detection } from '@firebreak/detect'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { ScanResult } from '../result.ts'
import { DETECTIONS_KEPT_OF_RULE_MAX, Tally } from '../tally.ts'
import { timelineChart } from './chart.ts'
import { writeHtml } from './html.ts'
import { sarifLog } from './sarif.ts'
import { timelineLine } from './timeline.ts'

const HOSTILE =
  '</script><script>document.title="owned"</script><img src=x onerror="document.title=1">\u202Egpj.exe\u0007'

function detection(more: Partial<Detection> = {}): Detection {
  const matched = [{ field: 'CommandLine', value: 'whoami' }]
  return {
    ruleId: '1',
    title: 'Whoami',
    level: 'high',
    tags: ['attack.t1033'],
    pack: 'p',
    version: '1.0.0',
    category: 'c',
    timeMs: 1_700_000_000_000,
    selections: [{ name: 'selection', matched }],
    fields: [{ field: 'Computer', value: 'WS01' }, ...matched],
    custom: null,
    ...more,
  }
}

function result(detections: readonly Detection[], more: Partial<ScanResult> = {}): ScanResult {
  const tally = new Tally('informational')
  for (const [index, one] of detections.entries()) {
    tally.add({ detection: one, origin: { file: 'events.jsonl', place: index + 1 } }, true)
  }
  return {
    rules: { image: new Uint8Array(), name: 'pack', version: '1.0.0', ruleCount: 10, refused: [] },
    tally,
    counters: { events: 100, malformed: 0, unrouted: 0, fieldsTruncated: 0 },
    logSources: new Map([['category: process_creation, product: windows', 100]]),
    files: [{ path: 'events.jsonl', format: 'jsonl', events: 100, detections: detections.length, problem: null }],
    bytes: 1000,
    durationMs: 10,
    madeAtMs: 1_700_000_000_000,
    isInterrupted: false,
    ...more,
  }
}

function html(of: ScanResult): string {
  let text = ''
  writeHtml(of, (part) => (text += part))
  return text
}

describe('hostile text', () => {
  test('does not reach the terminal', () => {
    const found = detection({
      title: '\u001B[31mred\u001B[0m\r\nforged',
      selections: [{ name: 's', matched: [{ field: 'F\u001B', value: 'a\nb\u202E' }] }],
    })
    const line = timelineLine({ detection: found, origin: { file: 'a\u001Bb', place: 1 } })
    assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u)
  })
})

describe('what is kept', () => {
  test('is bounded for a rule that matches everything, and everything is counted', () => {
    const { tally } = result(Array.from({ length: DETECTIONS_KEPT_OF_RULE_MAX + 5 }, () => detection()))
    tally.add({ detection: detection({ ruleId: '2', title: 'Other' }), origin: { file: 'f', place: 1 } }, true)
    assert.equal(tally.detections, DETECTIONS_KEPT_OF_RULE_MAX + 6)
    assert.equal(tally.findings.length, DETECTIONS_KEPT_OF_RULE_MAX + 1)
    assert.equal(tally.findings.at(-1)?.detection.title, 'Other')
  })
})

describe('SARIF', () => {
  test('names the line of a text and the record of an event log', () => {
    const locations = (format: 'jsonl' | 'evtx') => {
      const files = [{ path: 'events.jsonl', format, events: 1, detections: 1, problem: null }]
      const log = sarifLog(result([detection()], { files })) as {
        readonly runs: readonly { readonly results: unknown }[]
      }
      return JSON.stringify(log.runs[0]?.results)
    }
    assert.match(locations('jsonl'), /"uri":"events\.jsonl"},"region":\{"startLine":1\}/)
    assert.match(locations('evtx'), /"logicalLocations":\[\{"name":"record 1"/)
    assert.doesNotMatch(locations('evtx'), /region/)
  })
})

describe('the chart', () => {
  const spans: readonly (readonly number[])[] = [
    [0],
    [1, 1],
    [1, 1000],
    [1, 253_402_300_799_999],
    [1e12, 1e12 + 79_000],
    [1e12, 1e12 + 80_000],
  ]
  for (const times of spans) {
    test(`of ${times.join(' and ')} has a bar for every detection, and few bars`, () => {
      const findings = times.map((timeMs) => ({ detection: detection({ timeMs }), origin: { file: 'f', place: 1 } }))
      const bars = timelineChart(findings).split('<g>').length - 1
      assert.ok(bars <= 81)
      assert.equal(
        bars > 0,
        times.some((ms) => ms > 0),
      )
    })
  }
})

const CHROMIUM = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => path !== '' && existsSync(path))
const WAIT_MS_MAX = 5000

describe('the page', { skip: CHROMIUM === undefined && 'no Chromium found: set CHROMIUM to its path' }, () => {
  let browser: Browser
  let folder = ''

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firebreak-report-'))
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args })
  })
  after(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  /** Opens the report; fails if the browser complained about anything, or asked for anything but the file. */
  async function open(
    of: ScanResult,
    act: (page: Page) => Promise<void>,
    change = (text: string) => text,
  ): Promise<readonly string[]> {
    const file = join(folder, 'report.html')
    await writeFile(file, change(html(of)))
    const page = await browser.newPage()
    page.setDefaultTimeout(WAIT_MS_MAX)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('request', (request) => request.url() !== pathToFileURL(file).href && complaints.push(request.url()))
    await page.goto(pathToFileURL(file).href)
    await act(page)
    await page.close()
    return complaints
  }

  const some = [
    detection(),
    detection({
      ruleId: '2',
      title: 'Mimikatz',
      level: 'critical',
      timeMs: 1_600_000_000_000,
      fields: [{ field: 'Image', value: 'm.exe' }],
    }),
    detection({ level: 'low', ruleId: '3', title: 'Zebra', timeMs: 0 }),
  ]
  const titles = (page: Page) => page.locator('#table tbody button.link').allTextContents()

  test('lists, searches, sorts and opens, with nothing to complain about', async () => {
    const complaints = await open(result(some), async (page) => {
      assert.deepEqual(await titles(page), ['Mimikatz', 'Whoami', 'Zebra'])
      await page.locator('#search').fill('M.EXE')
      assert.deepEqual(await titles(page), ['Mimikatz'])
      await page.locator('#search').fill('')
      await page.locator('[data-sort="rule"]').click()
      await page.locator('[data-sort="rule"]').click()
      assert.deepEqual(await titles(page), ['Zebra', 'Whoami', 'Mimikatz'])
      await page.locator('#levels input').first().uncheck()
      assert.deepEqual(await titles(page), ['Zebra', 'Whoami'])
      await page.locator('[data-rule]', { hasText: 'Whoami' }).click()
      assert.deepEqual(await titles(page), ['Whoami'])
      await page.locator('#table tbody button.link').click()
      assert.equal(await page.locator('.details .matched dd').textContent(), 'whoami')
    })
    assert.deepEqual(complaints, [])
  })

  test('hostile events stay text, wherever they appear', async () => {
    const hostile = detection({
      title: HOSTILE,
      selections: [{ name: HOSTILE, matched: [{ field: HOSTILE, value: HOSTILE }] }],
      fields: [
        { field: HOSTILE, value: HOSTILE },
        { field: 'Computer', value: HOSTILE },
      ],
    })
    const of = result([hostile], {
      logSources: new Map([[HOSTILE, 1]]),
      files: [{ path: HOSTILE, format: null, events: 0, detections: 0, problem: HOSTILE }],
      rules: { image: new Uint8Array(), name: HOSTILE, version: '', ruleCount: 1, refused: [] },
    })
    const complaints = await open(of, async (page) => {
      await page.locator('#table tbody button.link').click()
      assert.equal(await page.title(), '1 detection · Firebreak scan')
      assert.equal(await page.locator('img').count(), 0)
      assert.equal(await page.locator('script').count(), 2)
      assert.match((await page.locator('.details dd').first().textContent()) ?? '', /<script>.*U\+202Egpj\.exeU\+0007/)
      assert.doesNotMatch(await page.locator('body').innerText(), /\p{Cf}|(?![\n\t])\p{Cc}/u)
    })
    assert.deepEqual(complaints, [])
  })

  test('the policy lets no other script run: one that is planted is refused', async () => {
    const plant = (text: string) => text.replace('<body>', '<body><script>document.title = "owned"</script>')
    const complaints = await open(result(some), async (page) => assert.notEqual(await page.title(), 'owned'), plant)
    assert.match(complaints.join('\n'), /Content Security Policy/)
  })

  test('many detections come a page at a time', async () => {
    const many = Array.from({ length: 450 }, () => detection())
    const complaints = await open(result(many), async (page) => {
      assert.equal((await titles(page)).length, 200)
      await page.locator('#more').click()
      await page.locator('#more').click()
      assert.equal((await titles(page)).length, 450)
      assert.equal(await page.locator('#more').isVisible(), false)
    })
    assert.deepEqual(complaints, [])
  })
})
