import type { IncidentDetail } from '../api-shapes.ts'
import { burn, count, listWords, plural, share } from '../format.ts'
import { Link } from '../navigation.tsx'
import { reasonWords } from '../reason-words.ts'
import { sloPath } from '../route.ts'
import { BudgetBar } from './budget-bar.tsx'
import { Mark, SeverityTag } from './status-mark.tsx'
import { TitledTable } from './table.tsx'
import { Time } from './time.tsx'

/** The numbers of the alert that leads. */
export type Details = NonNullable<IncidentDetail['details']>

export function Numbers({ details }: { details: Details }) {
  return (
    <>
      <Fact name={`Burn, governing window ${details.governingWindow}`}>
        <strong class="figure number">{burn(details.burn)}</strong>
        <span class="muted number">
          threshold {burn(details.factor)}, tier {details.tier}
        </span>
      </Fact>
      <Fact name="Budget left in the window">
        <BudgetBar remaining={details.budgetRemaining} />
      </Fact>
      <Fact name={`Bad calls in ${details.governingWindow}`}>
        <strong class="figure number">{count(details.counts.total - details.counts.good)}</strong>
        <span class="muted number">
          of {count(details.counts.total)}, {share(badShare(details.counts))}
        </span>
      </Fact>
    </>
  )
}

/** `high confidence: 82% of 400 failing traces; next is ledger/server_error with 9%`. */
/** How sure it is; which cause that is about, where it is no longer the one that is pinned. */
export function Confidence({ incident: { root, rootCause } }: { incident: IncidentDetail }) {
  if (root === null || root.confidence === null) return null
  const next = root.top.find(({ origin }) => origin !== root.origin)
  return (
    <span class="muted confidence">
      {root.origin !== rootCause && `${root.origin.replace(/^\w+:/, '')}: `}
      {root.confidence} confidence
      {root.traced > 0 && `: ${share(root.share)} of ${plural(root.traced, 'failing trace')}`}
      {next && `; next is ${next.origin.replace(/^\w+:/, '')} with ${share(next.share)}`}
    </span>
  )
}

export function Affected({ incident: { slo, service, impact } }: { incident: IncidentDetail }) {
  const services = impact.length > 0 ? impact : [service]
  return (
    <>
      {listWords(services.filter((each) => each !== ''))}
      {slo !== '' && (
        <>
          {' '}
          <span class="muted">via</span> <Link href={sloPath(slo)}>{slo}</Link>
        </>
      )}
    </>
  )
}

/** Which silences and planned work keep some of its alerts from being told. */
export function Muted({ incident: { silences, maintenance } }: { incident: IncidentDetail }) {
  if (silences.length + maintenance.length === 0) return null
  return (
    <ul class="muted-by">
      {silences.map(({ id, text, createdBy, comment, endsAt }) => (
        <li key={id}>
          <Mark tone="maintenance" word="Silenced" /> until <Time at={endsAt} /> by {createdBy}: {comment}{' '}
          <span class="code">{text}</span>
        </li>
      ))}
      {maintenance.map(({ id, next, createdBy, reason }) => (
        <li key={id}>
          <Mark tone="maintenance" word="Maintenance" />
          {next[0] && (
            <>
              {' '}
              until <Time at={next[0].to} />
            </>
          )}{' '}
          by {createdBy}
          {reason !== '' && `: ${reason}`}
        </li>
      ))}
    </ul>
  )
}

/** Every alert it has or had; one alone is what the facts above say. */
export function Members({ members }: { members: IncidentDetail['members'] }) {
  if (members.length < 2) return null
  return (
    <TitledTable id="members" title={plural(members.length, 'alert')} columns={['Alert', 'Service', 'Since', 'Until']}>
      {members.map((member) => (
        <tr key={member.alert}>
          <th scope="row">
            <SeverityTag severity={member.severity} quiet={member.endedAt !== null} />{' '}
            {member.slo === '' ? member.summary : <Link href={sloPath(member.slo)}>{member.summary}</Link>}
            {member.mutedBy !== null && <span class="muted"> not told: {reasonWords(member.mutedBy)}</span>}
          </th>
          <td>{member.service}</td>
          <td>
            <Time at={member.startedAt} />
          </td>
          <td>{member.endedAt === null ? 'fires' : <Time at={member.endedAt} />}</td>
        </tr>
      ))}
    </TitledTable>
  )
}

const badShare = ({ good, total }: { good: number; total: number }): number | null =>
  total === 0 ? null : (total - good) / total

export function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
