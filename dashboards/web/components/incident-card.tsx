import type { Incident } from '../api-shapes.ts'
import { budget, burn, share } from '../format.ts'
import { Link } from '../navigation.tsx'
import { dependencyPath, incidentPath, sloPath, tracePath } from '../route.ts'
import { type Cause, causeOf, causeVerb, sameCause, suspectOf } from '../words.ts'
import { CopyButton } from './copy-text.tsx'
import { SeverityTag } from './status-mark.tsx'
import { Age, Time } from './time.tsx'

const EXEMPLARS_SHOWN = 2

/** One open incident, everything the person on call asks in the first five seconds. */
export function IncidentCard({ incident }: { incident: Incident }) {
  const { details } = incident
  return (
    <article class={`incident incident-${incident.state === 'open' ? incident.severity : 'resolved'}`}>
      <header>
        <SeverityTag severity={incident.severity} quiet={incident.state === 'resolved'} />
        <h3>
          <Link href={incidentPath(incident.id)} class="plain-link">
            {incident.title}
          </Link>
        </h3>
        {incident.acknowledgement && <p class="incident-span">acknowledged by {incident.acknowledgement.by}</p>}
        <IncidentSpan incident={incident} />
      </header>
      <dl class="facts">
        <div>
          <dt>Root cause</dt>
          <dd>
            <CauseLine incident={incident} />
          </dd>
        </div>
        <div>
          <dt>Affected</dt>
          <dd>
            {incident.service} <span class="muted">via</span> <Link href={sloPath(incident.slo)}>{incident.slo}</Link>
          </dd>
        </div>
        <div>
          <dt>Burn {details?.governingWindow}</dt>
          <dd class="number">
            <strong>{burn(details?.burn ?? null)}</strong>{' '}
            {details && <span class="muted">of {burn(details.factor)}</span>}
          </dd>
        </div>
        <div>
          <dt>Budget left</dt>
          <dd class={`number ${(details?.budgetRemaining ?? 0) < 0 ? 'tone-failing' : ''}`}>
            {budget(details?.budgetRemaining ?? null)}
          </dd>
        </div>
        <div class="facts-wide">
          <dt>Failing traces</dt>
          <dd class="traces">
            <Traces ids={(details?.exemplars ?? []).slice(0, EXEMPLARS_SHOWN)} full={false} />
          </dd>
        </div>
        <div>
          <dt>Runbook</dt>
          <dd>
            <Runbook href={details?.runbook ?? ''} />
          </dd>
        </div>
      </dl>
    </article>
  )
}

/** `since 14:01 UTC, 23 min`, or from when to when. */
export function IncidentSpan({ incident }: { incident: Incident }) {
  return (
    <p class="incident-span">
      {incident.resolvedAt === null ? (
        <>
          since <Time at={incident.startedAt} /> ·{' '}
          <strong>
            <Age since={incident.startedAt} />
          </strong>
        </>
      ) : (
        <>
          <Time at={incident.startedAt} /> to <Time at={incident.resolvedAt} />, resolved
        </>
      )}
    </p>
  )
}

/** `acme-pay times out, 82% of bad calls`; where another cause is measured by now: `…; now acme-pay throttles us, 75% of bad calls`. */
export function CauseLine({ incident }: { incident: Incident }) {
  const cause = causeOf(incident)
  if (cause === null) return <span class="muted">not found yet</span>
  const suspect = suspectOf(incident)
  const isSame = suspect !== null && sameCause(cause, suspect)
  return (
    <>
      <CauseWords cause={cause} share={isSame ? suspect.share : null} />
      {suspect !== null && !isSame && (
        <>
          ; now <CauseWords cause={suspect} share={suspect.share} />
        </>
      )}
    </>
  )
}

function CauseWords({ cause, share: part }: { cause: Cause; share: number | null }) {
  return (
    <>
      {cause.kind === 'dependency' ? <Link href={dependencyPath(cause.name)}>{cause.name}</Link> : cause.name}{' '}
      {causeVerb(cause)}
      {part !== null && <span class="muted">, {share(part)} of bad calls</span>}
    </>
  )
}

/** Links to failing traces: in full with a button to copy the id, or shortened. */
export function Traces({ ids, full }: { ids: readonly string[]; full: boolean }) {
  if (ids.length === 0) return <span class="muted">none kept</span>
  return ids.map((id) => (
    <span class="copy-text" key={id}>
      <Link href={tracePath(id)} class="code" title={`Trace ${id}`}>
        {full ? id : `${id.slice(0, 8)}…`}
      </Link>
      {full && <CopyButton text={id} />}
    </span>
  ))
}

/** Only web addresses become links: the text comes from an SLO file. */
export function Runbook({ href, full = false }: { href: string; full?: boolean }) {
  if (href === '') return <span class="muted">none</span>
  if (!/^https?:\/\//.test(href) || !URL.canParse(href)) return <span>{href}</span>
  return (
    <a href={href} title={href} rel="noreferrer" target="_blank">
      {full ? new URL(href).hostname : 'Open'} ↗
    </a>
  )
}
