import { countOf, durationOf, type GateReport, percentOf, timesOf } from '@firebreak/gate'
import { type Html, html } from '@firebreak/report-page'
import type { PageExtras } from './page.ts'
import { bar } from './pictures.ts'

/** How careful the rollout will be, and why. */
export function risk({ risk: score }: GateReport): Html | null {
  if (score === null) return null
  const { reasons, firstWavePpmMax, bakeMsMin } = score
  const rows = reasons.map(
    ({ points, reason }) => html`<li><span class="points">${points > 0 ? '+' : ''}${points}</span> ${reason}</li>`,
  )
  return html`<section>
    <h2>Risk: ${score.score} of 100</h2>
    ${bar(score.score, 100, 'running')}
    <ul class="plain">
      ${rows}
    </ul>
    <p>
      So the first wave reaches at most <strong>${percentOf(firstWavePpmMax)}</strong> of its ring, and is watched for
      at least <strong>${durationOf(bakeMsMin)}</strong>. A rollout may be more careful, never less.
    </p>
  </section>`
}

/** What the candidate was held to. */
export function heldTo({ policy, seed }: GateReport): Html {
  const rows: readonly (readonly [name: string, value: string])[] = [
    ['Engines', policy.engines === 'all' ? 'every build that is kept' : policy.engines.join(', ')],
    ['Ordinary events for which one rule may fire', `at most ${percentOf(policy.falsePositivesPpmMax)}`],
    ['Cost', `at most ${timesOf(policy.costRatioPpmMax)} times the running release`],
    ['Steps of one event', `at most ${countOf(policy.fuelPerEventMax)}`],
    ['Executions of each parser', countOf(policy.fuzzExecutions)],
    ['Seed', String(seed)],
  ]
  return html`<section>
    <h2>What it was held to</h2>
    <dl class="box figures">
      ${rows.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}</dd>
          </div>`,
      )}
    </dl>
  </section>`
}

/** How anybody runs the same gate again, and checks who signed. */
export function reproduce({ tool, sourceDigest, imageDigest }: GateReport, { command, fileDigest }: PageExtras): Html {
  const rows: readonly (readonly [name: string, value: string | null])[] = [
    ['Gate', `${tool.name} ${tool.version}`],
    ['Its code', tool.digest],
    ['Source of the pack', sourceDigest],
    ['Image', imageDigest],
    ['Report file', fileDigest],
  ]
  return html`<section>
    <h2>Again</h2>
    <p class="quiet">The same gate, on the same source, with the same seed:</p>
    <pre class="box command">${command.join(' ')}</pre>
    <dl class="box figures">
      ${rows.map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd><code>${value ?? '–'}</code></dd>
          </div>`,
      )}
    </dl>
  </section>`
}
