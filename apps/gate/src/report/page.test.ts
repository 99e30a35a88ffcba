import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { composeReport, type GateReport } from '@firebreak/gate'
import { sampleFound, sampleRefusal, sampleReport } from '@firebreak/gate/testing'
import * as fc from 'fast-check'
import { type Browser, chromium, type Page } from 'playwright-core'
import { html } from '@firebreak/report-page'
import { type PageExtras, renderGatePage, sentenceOf } from './page.ts'

const EXTRAS: PageExtras = {
  signedBy: 'a1'.repeat(32),
  fileDigest: 'b2'.repeat(32),
  command: ['firebreak', 'gate', 'pack', '--seed', '291'],
}
const PASSED = sampleReport()
const REFUSED = sampleRefusal()
const [firstCheck, ...otherChecks] = PASSED.checks
assert.ok(firstCheck)

const sentences: readonly (readonly [report: GateReport, sentence: RegExp])[] = [
  [PASSED, /^linux-baseline 1\.1\.0 may be released: all \d+ checks passed\.$/],
  [REFUSED, /^linux-baseline 1\.1\.0 is refused by contract\.$/],
  [sampleReport({ checks: [{ ...firstCheck, verdict: 'inconclusive' }, ...otherChecks] }), /^Nobody knows .*: source/],
  [{ ...PASSED, verdict: 'broken' }, /^The gate is broken: /],
  [sampleReport({ checks: otherChecks }), /refused by the closed list of checks\.$/],
  [{ ...REFUSED, pack: '', version: '' }, /^The pack is refused by contract\.$/],
]
for (const [report, sentence] of sentences) {
  test(`says ${sentence.source}`, () => {
    assert.match(sentenceOf(report), sentence)
    assert.ok(renderGatePage(report, EXTRAS).includes(html`<h1>${sentenceOf(report)}</h1>`.text))
  })
}

test('shows everything that the report has, and says what it does not have', () => {
  const page = renderGatePage(PASSED, EXTRAS)
  for (const heading of ['What changes', 'Checks', 'Cost', 'Fuzzing', 'Self-test of the gate', 'Tests of the pack']) {
    assert.ok(page.includes(`<h2>${heading}</h2>`), heading)
  }
  for (const word of ['Curl', 'Shadow read', 'image verifier', 'channel-file-291', 'is watched for', '--seed 291']) {
    assert.ok(page.includes(word), word)
  }
  const refusal = renderGatePage(REFUSED, { ...EXTRAS, signedBy: null })
  for (const word of ['Not signed', 'rules/a.yml:12:5', 'detect/unsupplied-field', 'Read one of the 20', 'Not known']) {
    assert.ok(refusal.includes(word), word)
  }
  assert.ok(refusal.includes('{&quot;Zone&quot;:&quot;x&quot;}'), 'the smallest input')
})

test('lets the browser do nothing but show it', () => {
  const page = renderGatePage(PASSED, EXTRAS)
  const style = /<style>(.*?)<\/style>/s.exec(page)?.[1] ?? ''
  const hash = createHash('sha256').update(style).digest('base64')
  assert.ok(
    page.includes(`content="default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'"`),
  )
  assert.doesNotMatch(page, /<script|<link|<iframe|<img|\sstyle="|\son\w+="|https?:|@import|url\(/)
})

/** The report with that text wherever content and engines put theirs. */
function hostile(text: string): GateReport {
  const found = sampleFound()
  const spoil = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return FIXED.has(key) ? value : text
    if (Array.isArray(value)) return value.map((one) => spoil(one, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, spoil(one, name)]))
  }
  const report = composeReport(spoil({ ...found, checks: REFUSED.checks }, '') as typeof found)
  return {
    ...report,
    checks: report.checks.map((one, i) => ({ ...one, figures: [{ name: text, value: i, unit: text }] })),
  }
}
/** Closed lists. */
const FIXED = new Set(['id', 'verdict', 'severity', 'change', 'check', 'rejectedBy', 'engines', 'subject'])

test('has no character of content that HTML acts on, nor one that hides or turns text', () => {
  const tags = (page: string): readonly string[] => page.match(/<[^>]*>/g) ?? []
  const shape = tags(renderGatePage(hostile('x'), EXTRAS)).map((tag) => /^<\/?[a-z0-9]+/.exec(tag)?.[0] ?? tag)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
      const page = renderGatePage(hostile(text), { ...EXTRAS, command: [text] })
      assert.deepEqual(
        tags(page).map((tag) => /^<\/?[a-z0-9]+/.exec(tag)?.[0] ?? tag),
        shape,
        'what text holds changes no element',
      )
      assert.doesNotMatch(page, /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?![\n\t])\p{Cc}/u)
    }),
    { numRuns: 200, examples: [[HOSTILE], ['</h1><script>'], ['" onload="x'], ["'><b>"], ['</style>'], ['&lt;']] },
  )
})
const HOSTILE =
  '</title><script>document.title="owned"</script><img src=x onerror="document.title=1">\u202Egpj.exe\u0007'

const CHROMIUM = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
  (path) => path !== '' && existsSync(path),
)
const WAIT_MS_MAX = 5_000

describe('in a browser', { skip: CHROMIUM === undefined && 'no Chromium found: set CHROMIUM to its path' }, () => {
  let browser: Browser
  let folder = ''

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'firebreak-page-'))
    const args = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
    browser = await chromium.launch({ executablePath: CHROMIUM ?? '', args })
  })
  after(async () => {
    await browser?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  })

  /** Opens the page; fails if the browser complained about anything, or asked for anything but the file. */
  async function open(report: GateReport, widthPx: number, act: (page: Page) => Promise<void>): Promise<void> {
    const file = join(folder, 'page.html')
    await writeFile(file, renderGatePage(report, EXTRAS))
    const page = await browser.newPage({ viewport: { width: widthPx, height: 800 } })
    page.setDefaultTimeout(WAIT_MS_MAX)
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => complaints.push(message.text()))
    page.on('request', (request) => request.url() !== pathToFileURL(file).href && complaints.push(request.url()))
    await page.goto(pathToFileURL(file).href)
    await act(page)
    await page.close()
    assert.deepEqual(complaints, [])
  }

  for (const widthPx of [390, 1_200]) {
    test(`is no wider than ${widthPx} pixels`, async () => {
      for (const report of [PASSED, REFUSED, hostile('x'.repeat(300))]) {
        await open(report, widthPx, async (page) => {
          const size = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
          assert.equal(size[0], size[1])
        })
      }
    })
  }

  test('shows at once why it was refused, and opens the rest by keyboard', async () => {
    await open(REFUSED, 1_200, async (page) => {
      assert.equal(await page.locator('.findings').first().isVisible(), true)
      assert.equal(await page.title(), sentenceOf(REFUSED))
    })
    await open(PASSED, 1_200, async (page) => {
      const every = page.locator('details', { hasText: 'Every fault' })
      await every.locator('summary').focus()
      await page.keyboard.press('Enter')
      assert.equal(await every.getByText('never-fires').isVisible(), true)
    })
  })

  test('runs nothing that content brings', async () => {
    await open(hostile(HOSTILE), 1_200, async (page) => {
      assert.equal(await page.locator('script, img').count(), 0)
      assert.match(await page.title(), /refused/)
    })
  })
})
