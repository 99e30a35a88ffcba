import type { VerdictRecord } from '@firebreak/rollout'
import { formatCount, visibleText } from '../format.ts'
import { type EvidenceRow, evidenceRows, formatEvidence } from '../rollout-view.ts'
import { logScale } from '../scale.ts'

const [FROM, TO] = [0.1, 1e8]
const SCALE = logScale(FROM, TO)
const ROW_HEIGHT = 18
const DOT_RADIUS = 4.5
const STRATUM_CHARS_MAX = 96

/** How strong the evidence against the release is, signal by signal, and where it holds and halts. */
export function EvidenceChart({ verdict }: { readonly verdict: VerdictRecord }): React.ReactNode {
  const rows = evidenceRows(verdict)
  const lines = { hold: position(verdict.evidence.holdLogE), halt: position(verdict.evidence.haltLogE) }
  return (
    <figure className="chart evidence">
      <figcaption>
        <h3>Evidence against it</h3>
        <span className="quiet">how much likelier what was seen is if it does harm</span>
      </figcaption>
      <ol>
        {rows.map((row) => (
          <Row key={row.name} row={row} verdict={verdict} lines={lines} />
        ))}
      </ol>
      <Axis lines={lines} />
      {rows.length === 1 && <p className="quiet">Nothing has happened to any host of either arm.</p>}
    </figure>
  )
}

interface Lines {
  readonly hold: string
  readonly halt: string
}

interface RowProps {
  readonly row: EvidenceRow
  readonly verdict: VerdictRecord
  readonly lines: Lines
}

function Row({ row: { name, logE, of }, verdict, lines }: RowProps): React.ReactNode {
  const { holdLogE, haltLogE } = verdict.evidence
  const level = logE >= haltLogE ? 'halt' : logE >= holdLogE ? 'hold' : 'none'
  const where = of?.stratum ? `strongest in ${visibleText(of.stratum, STRATUM_CHARS_MAX)}` : undefined
  return (
    <li data-evidence={level} data-all={of === null ? '' : undefined} title={where}>
      <span className="evidence-name">{name}</span>
      <svg className="bar" width="100%" height={ROW_HEIGHT} aria-hidden="true" focusable="false">
        <LimitLines lines={lines} height={ROW_HEIGHT} />
        <line className="evidence-line" x1={position(0)} x2={position(logE)} y1="50%" y2="50%" />
        <circle className="evidence-dot" cx={position(logE)} cy="50%" r={DOT_RADIUS} />
      </svg>
      <span className="evidence-value number">E {formatEvidence(logE)}</span>
      <span className="evidence-events number">
        {of && `${formatCount(of.exposedEvents)} : ${formatCount(of.controlEvents)}`}
        {of && <span className="hidden-text"> hosts, exposed and control</span>}
      </span>
    </li>
  )
}

function LimitLines({ lines, height }: { readonly lines: Lines; readonly height: number }): React.ReactNode {
  return (
    <>
      <line className="limit-one" x1={position(0)} x2={position(0)} y1="0" y2={height} />
      <line className="limit-hold" x1={lines.hold} x2={lines.hold} y1="0" y2={height} />
      <line className="limit-halt" x1={lines.halt} x2={lines.halt} y1="0" y2={height} />
    </>
  )
}

/** Under the lines of the rows: what they mean. */
function Axis({ lines }: { readonly lines: Lines }): React.ReactNode {
  return (
    <div className="axis">
      <svg width="100%" height="30" role="img" aria-label="Logarithmic axis of E, with the lines of hold and halt">
        <LimitLines lines={lines} height={6} />
        <text x={position(0)} y="17" textAnchor="middle">
          1
        </text>
        <text className="limit-hold" x={lines.hold} y="17" textAnchor="middle">
          hold
        </text>
        <text className="limit-halt" x={lines.halt} y="17" textAnchor="middle">
          halt
        </text>
      </svg>
    </div>
  )
}

/** @param logE - natural logarithm */
function position(logE: number): string {
  return `${(100 * SCALE.at(Math.exp(logE))).toFixed(3)}%`
}
