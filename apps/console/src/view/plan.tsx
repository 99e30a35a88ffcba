import type { FleetStatus, ReleaseStatus } from '@firebreak/api'
import type { PackPlan, Plan, ReleaseRef } from '@firebreak/rollout'
import { formatCount, formatShare } from '../format.ts'
import { Digest } from './digest.tsx'
import { Age } from './moment.tsx'
import { Empty, Panel } from './panel.tsx'

const RECALLED_SHOWN_MAX = 8

/** The signed document that hosts act on, as it is in force now. */
export function PlanPanel({ status }: { readonly status: FleetStatus }): React.ReactNode {
  const { plan, releases } = status
  if (plan === null) {
    return (
      <Panel title="Plan" className="plan">
        <Empty title="No plan yet">The first one is signed when the first release is published.</Empty>
      </Panel>
    )
  }
  const note = (
    <>
      generation <span className="number">{formatCount(plan.generation)}</span>, issued <Age atMs={plan.issuedAtMs} />
    </>
  )
  return (
    <Panel title="Plan" className="plan" note={note}>
      {plan.packs.map((pack) => (
        <PackPlanView
          key={pack.pack}
          plan={pack}
          rings={status.rings.map((one) => one.ring)}
          halted={releases.some((one) => one.imageDigest === pack.candidate?.imageDigest && one.state === 'halted')}
        />
      ))}
      {plan.packs.length === 0 && <Empty title="Nothing in force">The plan names no pack.</Empty>}
      <Recalled plan={plan} releases={releases} />
    </Panel>
  )
}

interface PackPlanProps {
  readonly plan: PackPlan
  readonly rings: readonly string[]
  /** A halted candidate stays named, exposed to nobody. */
  readonly halted: boolean
}

function PackPlanView({ plan, rings, halted }: PackPlanProps): React.ReactNode {
  const named = plan.exposure.map((one) => one.ring).filter((ring) => !rings.includes(ring))
  return (
    <div className="pack-plan">
      <h3>{plan.pack}</h3>
      <dl className="pack-refs">
        <ReleaseRefView name="Baseline" of={plan.baseline} />
        <ReleaseRefView name="Candidate" of={plan.candidate} halted={halted} />
      </dl>
      {plan.candidate !== null && (
        <ul className="exposure" aria-label={`Exposure of ${plan.pack} ${plan.candidate.version}`}>
          {[...rings, ...named].map((ring) => (
            <ExposureBar key={ring} ring={ring} ppm={plan.exposure.find((one) => one.ring === ring)?.ppm ?? 0} />
          ))}
        </ul>
      )}
    </div>
  )
}

interface ReleaseRefProps {
  readonly name: string
  readonly of: ReleaseRef | null
  readonly halted?: boolean
}

function ReleaseRefView({ name, of, halted = false }: ReleaseRefProps): React.ReactNode {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {of === null ? (
          <span className="quiet">none</span>
        ) : (
          <>
            <span className="version">
              {of.version}
              {halted && <span className="pack-halted">halted</span>}
            </span>
            <Digest of={of.imageDigest} what={`${name.toLowerCase()} digest`} />
          </>
        )}
      </dd>
    </div>
  )
}

function ExposureBar({ ring, ppm }: { readonly ring: string; readonly ppm: number }): React.ReactNode {
  return (
    <li>
      <span className="exposure-ring">{ring}</span>
      <span className="exposure-track" aria-hidden="true">
        <span style={{ width: `${ppm / 10_000}%` }} />
      </span>
      <span className="exposure-share number">{formatShare(ppm)}</span>
    </li>
  )
}

function Recalled({
  plan,
  releases,
}: {
  readonly plan: Plan
  readonly releases: readonly ReleaseStatus[]
}): React.ReactNode {
  const shown = plan.recalled.slice(-RECALLED_SHOWN_MAX).toReversed()
  return (
    <div className="recalled">
      <h3>
        Recalled images <span className="number quiet">{formatCount(plan.recalled.length)}</span>
      </h3>
      {shown.length > 0 && (
        <ul>
          {shown.map((digest) => {
            const release = releases.find((one) => one.imageDigest === digest)
            return (
              <li key={digest}>
                <span>{release ? `${release.pack} ${release.version}` : 'Unknown release'}</span>
                <Digest of={digest} what="recalled digest" />
              </li>
            )
          })}
        </ul>
      )}
    </div>
  )
}
