import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { countOf, type GateReport, percentOf, plural, timesOf } from '@firebreak/gate'
import { formatUtc, type Sha256Hex } from '@firebreak/kernel'
import { BASE_STYLE, headOf, type Html, html } from '@firebreak/report-page'
import { changes } from './changes.ts'
import { checks } from './checks.ts'
import { costs, coverage, engines, fuzzing, selfTest } from './proofs.ts'
import { heldTo, reproduce, risk } from './terms.ts'

/** What the page says beside the report. */
export interface PageExtras {
  /** The key that signed the report; null: nobody did, and nothing can be released with it. */
  readonly signedBy: string | null
  /** Of the report's file, as approvers sign it; null when it was not written. */
  readonly fileDigest: Sha256Hex | null
  /** The command that runs this gate again, word by word. */
  readonly command: readonly string[]
}

const STYLE = BASE_STYLE + readFileSync(join(import.meta.dirname, 'page.css'), 'utf8')

/**
 * The report as one page that stands alone: no script, no request, and a policy that lets the browser do nothing else. Everything that
 * comes from content and engines is text.
 */
export function renderGatePage(report: GateReport, extras: PageExtras): string {
  const isPass = report.verdict === 'pass'
  const body = [
    header(report, extras),
    tiles(report),
    ...(isPass ? [changes(report), checks(report)] : [checks(report), changes(report)]),
    costs(report),
    fuzzing(report),
    selfTest(report),
    coverage(report),
    engines(report),
    risk(report),
    heldTo(report),
    reproduce(report, extras),
  ]
  const head = headOf({ title: sentenceOf(report), style: STYLE, script: null })
  return `${head}<body>\n${html`${body.map((part) => html`${part} `)}`.text}</body>\n</html>\n`
}

/** The verdict in one sentence. */
export function sentenceOf({ verdict, pack, version, checks: all }: GateReport): string {
  const name = pack === '' ? 'The pack' : `${pack} ${version}`
  const stopped = all.filter((one) => one.verdict === (verdict === 'inconclusive' ? 'inconclusive' : 'fail'))
  const which = stopped.length === 0 ? 'the closed list of checks' : stopped.map(({ id }) => id).join(', ')
  if (verdict === 'pass') return `${name} may be released: all ${all.length} checks passed.`
  if (verdict === 'fail') return `${name} is refused by ${which}.`
  if (verdict === 'inconclusive') return `Nobody knows whether ${name} is good: ${which} could not find out.`
  return `The gate is broken: it missed what it had seeded itself, so ${name} is neither good nor bad.`
}

function header(report: GateReport, { signedBy }: PageExtras): Html {
  const { pack, category, atMs, imageDigest, verdict } = report
  const about = [pack === '' ? 'manifest not readable' : category, formatUtc(atMs)]
  const image = imageDigest === null ? 'no image' : html`image <code>${imageDigest}</code>`
  const signature =
    signedBy === null
      ? html`<strong>Not signed:</strong> good for reading, not for a release.`
      : html`Signed by the gate key <code>${signedBy}</code>.`
  return html`<header>
    <p class="verdict" data-state="${verdict}">${WORDS[verdict]}</p>
    <h1>${sentenceOf(report)}</h1>
    <p class="quiet">${about.join(' · ')} · ${image}</p>
    <p class="quiet">${signature}</p>
  </header>`
}

const WORDS: Readonly<Record<GateReport['verdict'], string>> = {
  pass: '✓ Passed',
  fail: '✕ Refused',
  inconclusive: '? Inconclusive',
  broken: '! Gate broken',
}

function tiles(report: GateReport): Html {
  const { checks: all, diff, cost, fuzz, selfTest: own, risk: score } = report
  const passedCount = all.filter(({ verdict }) => verdict === 'pass').length
  const executions = fuzz?.targets.reduce((sum, one) => sum + one.executions, 0) ?? 0
  const caught = own?.faults.filter(({ missed }) => missed === null).length ?? 0
  const rows: readonly (readonly [name: string, value: string | null, note: string])[] = [
    ['Checks passed', `${passedCount} of ${all.length}`, plural(report.rules, 'rule')],
    ['Rules changed', diff && countOf(diff.rulesAdded + diff.rulesRemoved + diff.rulesChanged), diffNote(report)],
    ['Cost', cost && (cost.ratioPpm === null ? 'first' : `× ${timesOf(cost.ratioPpm)}`), 'of the running release'],
    ['Fuzzing', fuzz && countOf(executions), `executions, ${plural(fuzz?.targets.length ?? 0, 'parser')}`],
    ['Seeded faults caught', own && `${countOf(caught)} of ${countOf(own.faults.length)}`, 'by the gate, in itself'],
    ['Risk', score && String(score.score), score ? `first wave ${percentOf(score.firstWavePpmMax)}` : 'of 100'],
  ]
  return html`<dl class="tiles">
    ${rows.map(
      ([name, value, note]) =>
        html`<div>
          <dt>${name}</dt>
          <dd class="big">${value ?? '–'}</dd>
          <dd>${value === null ? 'not known' : note}</dd>
        </div>`,
    )}
  </dl>`
}

function diffNote({ diff }: GateReport): string {
  if (diff === null) return ''
  return diff.against === null ? 'the first release' : `since ${diff.against.version}`
}
