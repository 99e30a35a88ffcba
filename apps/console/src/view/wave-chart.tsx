import type { RolloutStatus, WaveStatus } from '@firebreak/api'
import { formatNumberOf } from '../format.ts'
import { bucketText, provenText, waveStateOf } from '../rollout-view.ts'
import { logScale, type LogScale } from '../scale.ts'

/** Of a long rollout the newest; the others were proven. */
const WAVES_SHOWN_MAX = 8
const compact = new Intl.NumberFormat('en', { notation: 'compact' })
const BAR_HEIGHT = 14
const CONTROL_HEIGHT = 3

interface Props {
  readonly rollout: RolloutStatus
  /** How many hosts the next wave could expose as things stand; null: there is none. */
  readonly next: number | null
}

/** The steps of exposure: a bar a wave, as long as its cohort is large, on a logarithmic axis. */
export function WaveChart({ rollout, next }: Props): React.ReactNode {
  const { waves } = rollout
  const shown = waves.slice(-WAVES_SHOWN_MAX)
  const most = Math.max(10, next ?? 0, ...waves.map((wave) => Math.max(wave.exposedHosts, wave.controlHosts)))
  const scale = logScale(0.8, 10 ** Math.ceil(Math.log10(most)))
  return (
    <figure className="chart waves">
      <figcaption>
        <h3>Waves</h3>
        <Legend />
      </figcaption>
      {waves.length === 0 && <p className="quiet">No wave has started yet.</p>}
      {waves.length > shown.length && (
        <p className="quiet">{formatNumberOf(waves.length - shown.length, 'earlier wave')} proven</p>
      )}
      <ol>
        {shown.map((wave) => (
          <Wave key={wave.arms.wave} rollout={rollout} wave={wave} scale={scale} />
        ))}
        {next !== null && <NextWave hosts={next} scale={scale} />}
      </ol>
      <Axis scale={scale} />
    </figure>
  )
}

function Legend(): React.ReactNode {
  return (
    <ul className="legend" aria-hidden="true">
      <li data-part="proven">proven</li>
      <li data-part="exposed">exposed</li>
      <li data-part="control">control</li>
    </ul>
  )
}

interface WaveProps {
  readonly rollout: RolloutStatus
  readonly wave: WaveStatus
  readonly scale: LogScale
}

/** The bar's length is logarithmic; how much of it is proven is a plain share. */
function Wave({ rollout, wave, scale }: WaveProps): React.ReactNode {
  const { exposed, control, ring } = wave
  const width = scale.at(exposed.cohort)
  const proven = exposed.cohort === 0 ? 0 : (width * exposed.proven) / exposed.cohort
  return (
    <li data-wave={waveStateOf(rollout, wave)}>
      <span className="wave-name" title={bucketText(wave)}>
        <span className="number">{wave.arms.wave}</span> {ring}
      </span>
      <svg className="bar" width="100%" height={BAR_HEIGHT + CONTROL_HEIGHT + 1} aria-hidden="true" focusable="false">
        <rect className="bar-exposed" width={percent(width)} height={BAR_HEIGHT} rx="2" />
        <rect className="bar-proven" width={percent(proven)} height={BAR_HEIGHT} rx="2" />
        <rect
          className="bar-control"
          y={BAR_HEIGHT + 1}
          width={percent(scale.at(control.cohort))}
          height={CONTROL_HEIGHT}
        />
      </svg>
      <span className="wave-size">
        {provenText(exposed)}
        <span className="hidden-text">, compared with {formatNumberOf(control.cohort, 'host')}</span>
      </span>
    </li>
  )
}

function NextWave({ hosts, scale }: { readonly hosts: number; readonly scale: LogScale }): React.ReactNode {
  return (
    <li data-wave="next">
      <span className="wave-name">next</span>
      <svg className="bar" width="100%" height={BAR_HEIGHT + CONTROL_HEIGHT + 1} aria-hidden="true" focusable="false">
        <rect className="bar-next" x="0.5" y="0.5" width={percent(scale.at(hosts))} height={BAR_HEIGHT - 1} rx="2" />
      </svg>
      <span className="wave-size">up to {formatNumberOf(hosts, 'host')}</span>
    </li>
  )
}

function Axis({ scale }: { readonly scale: LogScale }): React.ReactNode {
  return (
    <div className="axis" aria-hidden="true">
      <svg width="100%" height="18" focusable="false">
        {scale.ticks.map((tick) => (
          <g key={tick}>
            <line x1={percent(scale.at(tick))} x2={percent(scale.at(tick))} y1="0" y2="4" />
            <text x={percent(scale.at(tick))} y="15" textAnchor={scale.at(tick) > 0.97 ? 'end' : 'middle'}>
              {compact.format(tick)}
            </text>
          </g>
        ))}
      </svg>
    </div>
  )
}

function percent(share: number): string {
  return `${(100 * share).toFixed(3)}%`
}
