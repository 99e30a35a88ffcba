import type { ReleaseState, ReleaseStatus } from '@firebreak/api'
import { useState } from 'react'
import { formatNumberOf } from '../format.ts'
import type { OperatorOrder } from '../operator-api.ts'
import { byPublication } from '../release-focus.ts'
import { Digest } from './digest.tsx'
import { Icon, type IconName } from './icon.tsx'
import { Age } from './moment.tsx'
import { Empty, Panel } from './panel.tsx'

const STATES: Readonly<Record<ReleaseState, { readonly label: string; readonly icon: IconName }>> = {
  rolling: { label: 'Rolling', icon: 'advance' },
  halted: { label: 'Halted', icon: 'stop' },
  complete: { label: 'Complete', icon: 'confirmed' },
  superseded: { label: 'Superseded', icon: 'waiting' },
  recalled: { label: 'Recalled', icon: 'recall' },
}
/** Drawn at first; the operator can ask for the rest. */
const RELEASES_SHOWN = 8

interface Props {
  readonly releases: readonly ReleaseStatus[]
  readonly onOrder: (order: Omit<OperatorOrder, 'reason'>) => void
}

export function Releases({ releases, onOrder }: Props): React.ReactNode {
  const [all, setAll] = useState(false)
  const shown = byPublication(releases).slice(0, all ? releases.length : RELEASES_SHOWN)
  return (
    <Panel title="Releases" className="releases" note={releases.length > 0 ? releases.length : undefined}>
      {releases.length === 0 ? (
        <Empty title="Nothing published">
          A release appears here once the gate has passed it and its approvers have signed it.
        </Empty>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Release</th>
              <th scope="col">State</th>
              <th scope="col">Image</th>
              <th scope="col">Gate report</th>
              <th scope="col">Published</th>
              <th scope="col">
                <span className="hidden-text">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((release) => (
              <ReleaseRow key={release.imageDigest} release={release} onOrder={onOrder} />
            ))}
          </tbody>
        </table>
      )}
      {shown.length < releases.length && (
        <button type="button" className="more" onClick={() => setAll(true)}>
          Show {formatNumberOf(releases.length - shown.length, 'earlier release')}
        </button>
      )}
    </Panel>
  )
}

function ReleaseRow({
  release,
  onOrder,
}: {
  readonly release: ReleaseStatus
  readonly onOrder: Props['onOrder']
}): React.ReactNode {
  const { pack, version, state } = release
  const { label, icon } = STATES[state]
  return (
    <tr data-release-state={state}>
      <th scope="row" className="release-name">
        <span>{pack}</span> <span className="version">{version}</span>
        <span className="release-category">{release.category}</span>
      </th>
      <td data-label="State">
        <span className="pill" data-release-state={state}>
          <Icon name={icon} />
          {label}
        </span>
      </td>
      <td data-label="Image">
        <Digest of={release.imageDigest} what="image digest" />
      </td>
      <td data-label="Gate report">
        <Digest of={release.gateReportDigest} what="gate report digest" />
      </td>
      <td data-label="Published" className="release-published">
        <Age atMs={release.publishedAtMs} />
      </td>
      <td className="release-actions">
        {state === 'rolling' && (
          <button
            type="button"
            className="button small"
            aria-label={`Halt ${pack} ${version}`}
            onClick={() => onOrder({ kind: 'halt', pack, version })}
          >
            Halt
          </button>
        )}
        {state !== 'recalled' && (
          <button
            type="button"
            className="button small danger-text"
            aria-label={`Recall ${pack} ${version}`}
            onClick={() => onOrder({ kind: 'recall', pack, version })}
          >
            Recall
          </button>
        )}
      </td>
    </tr>
  )
}
