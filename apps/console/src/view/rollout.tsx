import type { FleetStatus, RolloutStatus, WaveStatus } from '@firebreak/api'
import type { VerdictRecord } from '@firebreak/rollout'
import { formatCount, formatNumberOf, visibleText } from '../format.ts'
import { armRows, type LimitRow, limitRows, nextWaveHosts, REASON_LABELS } from '../rollout-view.ts'
import { EvidenceChart } from './evidence-chart.tsx'
import { Icon } from './icon.tsx'
import { Age } from './moment.tsx'
import { Panel } from './panel.tsx'
import { EXPLANATION_CHARS_MAX, KINDS } from './verdicts.tsx'
import { WaveChart } from './wave-chart.tsx'

interface Props {
  readonly status: FleetStatus
  readonly rollout: RolloutStatus
}

/** One release on its way: how far it is, what both arms show, how strong the evidence is, and what comes next. */
export function Rollout({ status, rollout }: Props): React.ReactNode {
  const { pack, version, lane, verdict, waves } = rollout
  const current = waves.at(-1)
  const note = (
    <>
      {pack} <span className="version">{version}</span>
      {current && `, wave ${current.arms.wave} in ${current.ring}`}, started <Age atMs={rollout.startedAtMs} />
    </>
  )
  const tools = lane === 'emergency' && <span className="pill lane">Emergency lane</span>
  return (
    <Panel title="Rollout" className="rollout" note={note} tools={tools}>
      {verdict && <Decision verdict={verdict} />}
      <div className="rollout-charts">
        <WaveChart rollout={rollout} next={nextOf(status, rollout)} />
        {verdict && <EvidenceChart verdict={verdict} />}
      </div>
      {current && (
        <div className="rollout-wave">
          <Arms wave={current} />
          <Limits rows={limitRows(status, rollout, current)} />
        </div>
      )}
    </Panel>
  )
}

function nextOf(status: FleetStatus, { status: phase, verdict }: RolloutStatus): number | null {
  return phase === 'rolling' ? nextWaveHosts(status, verdict) : null
}

/** The record in words: what was decided and why, what would change it, and what else was considered. */
function Decision({ verdict }: { readonly verdict: VerdictRecord }): React.ReactNode {
  const { label, icon } = KINDS[verdict.kind]
  const { alternatives, explanation, resolvedBy } = verdict
  return (
    <div className="decision" data-verdict={verdict.kind}>
      <Icon name={icon} />
      <div>
        <p className="decision-head">
          <strong>{label}</strong> <span className="verdict-reason">{REASON_LABELS[verdict.reason]}</span>
        </p>
        <p>{visibleText(explanation, EXPLANATION_CHARS_MAX)}</p>
        {resolvedBy !== '' && (
          <p className="decision-next">
            <span className="fact-name">{verdict.kind === 'hold' ? 'Resolved by' : 'Next'}</span>{' '}
            {visibleText(resolvedBy, EXPLANATION_CHARS_MAX)}
          </p>
        )}
        {alternatives.length > 0 && (
          <details>
            <summary>{formatNumberOf(alternatives.length, 'alternative')} considered</summary>
            <ul>
              {alternatives.map((one) => (
                <li key={one}>{visibleText(one, EXPLANATION_CHARS_MAX)}</li>
              ))}
            </ul>
          </details>
        )}
      </div>
    </div>
  )
}

function Arms({ wave }: { readonly wave: WaveStatus }): React.ReactNode {
  return (
    <table className="arms">
      <caption>
        Both arms of wave {wave.arms.wave}: <span className="quiet">{controlText(wave)}</span>
      </caption>
      <thead>
        <tr>
          <th scope="col">Hosts</th>
          <th scope="col">Exposed</th>
          <th scope="col">Control</th>
        </tr>
      </thead>
      <tbody>
        {armRows(wave).map(({ name, exposed, control, isSignal }) => (
          <tr key={name} data-signal={isSignal ? '' : undefined}>
            <th scope="row">{name}</th>
            <td className="number">{formatCount(exposed)}</td>
            <td className="number">{wave.controlOf === 'nobody' ? '–' : formatCount(control)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Limits({ rows }: { readonly rows: readonly LimitRow[] }): React.ReactNode {
  return (
    <section className="limits">
      <h3>What sets its size and its end</h3>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

const CONTROL_TEXT: Readonly<Record<WaveStatus['controlOf'], string>> = {
  unexposed: 'the control has not got the release yet',
  settled: 'the control got the release in earlier waves',
  nobody: 'there is nobody to compare with, so single hosts count',
}

function controlText({ controlOf }: WaveStatus): string {
  return CONTROL_TEXT[controlOf]
}
