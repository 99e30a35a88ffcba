import { memo, useId, useState } from 'react'
import { matchedFields, matchedNames } from '../detection-filter.ts'
import type { DetectionRow } from '../fleet-state.ts'
import { formatMoment, visibleText } from '../format.ts'
import { HOST_NAME_CHARS_MAX } from './host-cell.tsx'
import { Icon } from './icon.tsx'
import { Clock } from './moment.tsx'

/** Longer values are cut: in the row, and in the opened row. */
const ROW_VALUE_CHARS_MAX = 160
const OPEN_VALUE_CHARS_MAX = 4_096
const TITLE_CHARS_MAX = 256

interface Props {
  readonly row: DetectionRow
  readonly hostName: string
}

/** Every text in here comes from events on endpoints: attacker-controlled. */
export const DetectionItem: React.NamedExoticComponent<Props> = memo(function DetectionItem({ row, hostName }: Props) {
  const [open, setOpen] = useState(false)
  const id = useId()
  const { detection } = row
  return (
    <li className="detection" data-level={detection.level}>
      <button
        type="button"
        className="detection-row"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <Icon name="chevron" />
        <Clock atMs={detection.atMs} />
        <span className="level">{levelLabel(detection.level)}</span>
        <bdi className="detection-title">{visibleText(detection.title, TITLE_CHARS_MAX)}</bdi>
        <bdi className="detection-host">{visibleText(hostName, HOST_NAME_CHARS_MAX)}</bdi>
        <MatchedFields row={row} />
        <span className="detection-release">
          {detection.pack} <span className="version">{detection.version}</span>
        </span>
      </button>
      {open && <OpenDetection id={id} row={row} />}
    </li>
  )
})

/** Sigma's longest level would cost every row the width of a command's argument. */
function levelLabel(level: string): string {
  return level === 'informational' ? 'info' : visibleText(level, 16)
}

function MatchedFields({ row }: { readonly row: DetectionRow }): React.ReactNode {
  return (
    <span className="detection-fields">
      {matchedFields(row).map(({ field, value }, i) => (
        <span key={`${i} ${field}`}>
          <span className="field-name">{visibleText(field, 64)}</span>
          <bdi className="field-value">{visibleText(value, ROW_VALUE_CHARS_MAX)}</bdi>
        </span>
      ))}
    </span>
  )
}

function OpenDetection({ id, row }: { readonly id: string; readonly row: DetectionRow }): React.ReactNode {
  const { detection } = row
  const matched = matchedNames(row)
  return (
    <div className="detection-open" id={id}>
      <dl>
        {detection.fields.map(({ field, value }, i) => (
          <div key={`${i} ${field}`} data-matched={matched.has(field) ? '' : undefined}>
            <dt>{visibleText(field, 128)}</dt>
            <dd>
              <bdi>{visibleText(value, OPEN_VALUE_CHARS_MAX)}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      <p className="quiet">
        Rule {visibleText(detection.ruleId, 128)}
        {detection.selections.map(({ name }) => ` · ${visibleText(name, 64)}`)}
        {detection.tags.map((tag) => ` · ${visibleText(tag, 128)}`)} · {formatMoment(detection.atMs)}
      </p>
    </div>
  )
}
