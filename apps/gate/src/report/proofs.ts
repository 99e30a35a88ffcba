import { type CostSummary, countOf, type FuzzedParser, type GateReport, plural, timesOf } from '@firebreak/gate'
import { type Html, html } from '@firebreak/report-page'
import { bar, costPicture, fuzzPicture, legend } from './pictures.ts'
import { selfTestMatrix } from './matrix.ts'
import { table } from './table.ts'

/** What the candidate takes beside the running release, measured in turns in one run. */
export function costs({ cost, costBound }: GateReport): Html | null {
  if (cost === null) return null
  const { candidate, running, ratioPpm, pairs, events } = cost
  const drawn =
    pairs.length === 0
      ? null
      : html`<figure class="box">
          ${costPicture(pairs)}
          <figcaption>
            ${legend('candidate', 'candidate')}${legend('running', 'running release')}<span
              >CPU time of each block of events, in turns; the line at the bottom is zero</span
            >
          </figcaption>
        </figure>`
  const bound =
    costBound &&
    html`<p class="quiet">
      Proved for every event: at most ${countOf(costBound.stepsPerByte)} steps for each byte of its longest field, and
      ${countOf(costBound.memoryBytes)} bytes of memory.
    </p>`
  const said =
    ratioPpm === null
      ? 'There is no running release to compare with.'
      : `${timesOf(ratioPpm)} times the running release.`
  return html`<section>
    <h2>Cost</h2>
    <p class="quiet">${plural(events, 'event')}. ${said}</p>
    ${drawn}${costTable(candidate, running)}${bound}
  </section>`
}

function costTable(candidate: CostSummary['candidate'], running: CostSummary['running']): Html | null {
  const rows: readonly (readonly [name: string, key: keyof CostSummary['candidate']])[] = [
    ['CPU time of an event, ns', 'cpuNsPerEvent'],
    ['Steps of an event', 'fuelPerEvent'],
    ['Steps of the dearest event', 'fuelPerEventPeak'],
    ['Memory, bytes', 'memoryBytes'],
  ]
  return table(
    ['', '#Candidate', '#Running'],
    rows.map(([name, key]) => [
      html`${name}`,
      html`${countOf(candidate[key])}`,
      html`${running === null ? '–' : countOf(running[key])}`,
    ]),
  )
}

/** How much of each parser was reached, and when. */
export function fuzzing({ fuzz }: GateReport): Html | null {
  if (fuzz === null) return null
  return html`<section>
    <h2>Fuzzing</h2>
    <p class="quiet">Blocks of code that were reached, over executions on a logarithmic scale.</p>
    <div class="cards">${fuzz.targets.map(parser)}</div>
  </section>`
}

function parser({ name, executions, blocks, blocksTotal, corpus, findings, progress }: FuzzedParser): Html {
  const found = findings === 0 ? 'nothing found' : plural(findings, 'finding')
  const [first, last] = [progress[0]?.executions ?? 0, progress.at(-1)?.executions ?? 0]
  return html`<figure class="box">
    <p class="title">
      <strong>${name}</strong> <span class="state" data-state="${findings === 0 ? 'pass' : 'fail'}">${found}</span>
    </p>
    ${fuzzPicture(name, progress)}
    <figcaption><span>${countOf(first)}</span><span>${countOf(last)} executions</span></figcaption>
    <p class="quiet">
      ${countOf(blocks)} of ${countOf(blocksTotal)} blocks, ${countOf(corpus)} inputs kept, ${countOf(executions)}
      executions
    </p>
  </figure>`
}

/** That the gate still works: faults that it seeded into this candidate, and what it would have noticed. */
export function selfTest({ selfTest: own }: GateReport): Html | null {
  if (own === null) return null
  const { faults, museum, ablations, canaries, subject, good } = own
  const unnoticed = ablations.filter(({ noticed }) => !noticed)
  const bad = unnoticed.map(
    ({ leftOut }) => html`<li><code>${leftOut}</code> could be left out, and nobody would notice.</li>`,
  )
  const canaryRows = canaries.map(({ name, found, executions }) => [
    html`<span class="state" data-state="${found ? 'pass' : 'fail'}">${found ? '✓ found' : '✕ not found'}</span>`,
    html`${name}`,
    html`${countOf(executions)}`,
  ])
  return html`<section>
    <h2>Self-test of the gate</h2>
    <p class="quiet">
      ${plural(faults.length, 'fault')} seeded into the ${subject}, ${plural(museum.length, 'past incident')},
      ${plural(good.length, 'good case')}. Each has to be rejected by the check that it aims at, and by no other that
      has no part in it; the good ones by none.
    </p>
    ${selfTestMatrix([...faults, ...museum], good)}
    <h3>
      Left out, one at a time: ${countOf(ablations.length - unnoticed.length)} of ${countOf(ablations.length)} noticed
    </h3>
    ${bar(ablations.length - unnoticed.length, ablations.length, 'candidate')}
    <ul class="plain">
      ${bad}
    </ul>
    <h3>Bugs planted in parsers, for the fuzzer to find</h3>
    ${table(['', 'Bug', '#Executions'], canaryRows)}
  </section>`
}

/** What the pack's own tests decide. */
export function coverage({ coverage: tests }: GateReport): Html | null {
  if (tests === null) return null
  const { decided, total, undecided } = tests
  const rows = undecided.map(({ rule, what }) => [html`${rule}`, html`<code>${what}</code>`])
  return html`<section>
    <h2>Tests of the pack</h2>
    <p class="quiet">They decide ${countOf(decided)} of ${countOf(total)} selections and field tests.</p>
    ${bar(decided, total, 'candidate')}${table(['Rule', 'No test decides'], rows, total - decided)}
  </section>`
}

export function engines({ engines: builds }: GateReport): Html | null {
  const rows = builds.map(({ version, digest, sandboxTier }) => [
    html`${version}`,
    html`${sandboxTier}`,
    html`<code>${digest}</code>`,
  ])
  const shown = table(['Engine', 'Sandbox', 'Build'], rows)
  return (
    shown &&
    html`<section>
      <h2>Engines that ran it</h2>
      ${shown}
    </section>`
  )
}
