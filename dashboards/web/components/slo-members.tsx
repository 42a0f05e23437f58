import type { SloDetail } from '../api-shapes.ts'
import { count, few, listWords, share, sli, target } from '../format.ts'
import { right, Table } from './table.tsx'

type Member = NonNullable<SloDetail['members']>[number]

/** How the parts come together. Source: slo.md, composites. */
function ruleOf(method: unknown, budgeting: string | undefined): string {
  if (method === 'pooled') return 'All good events over all events: a part weighs as much as its traffic.'
  if (method === 'weighted-mean') return 'The mean of the SLIs that have data, each times its weight.'
  return budgeting === 'timeslices'
    ? 'A slice is bad that is bad in any part.'
    : 'What the parts spent of their budgets adds up, each times its weight.'
}

/** The SLIs of a composite, and which of them are silent. */
export function Members({ slo: { members, definition, objective } }: { slo: SloDetail }) {
  if (members === null) return null
  const silent = members.filter(({ hasData }) => !hasData).map(({ displayName }) => displayName)
  return (
    <section aria-labelledby="members-title">
      <h2 id="members-title">Made of {members.length} parts</h2>
      <p class="prose">{ruleOf(definition?.indicator.method, objective?.method)}</p>
      {silent.length > 0 && (
        <p class="prose tone-degraded">
          Without data: {listWords(silent)}. {silent.length === 1 ? 'It adds' : 'They add'} nothing to the whole.
        </p>
      )}

      <Table columns={['Part', ...['Weight', 'Target', 'SLI', 'Spent'].map(right)]}>
        {members.map((member) => (
          <Row key={member.displayName} member={member} />
        ))}
      </Table>
    </section>
  )
}

function Row({ member }: { member: Member }) {
  const targetPpm = Math.round(member.target * 1_000_000)
  return (
    <tr>
      <th scope="row">
        {member.displayName}
        <span class="muted method-meaning">
          {member.hasData ? `${count(member.counts.total)} events` : 'no events'}
          {member.coverage < 1 && `, coverage ${share(member.coverage)}`}
        </span>
      </th>
      <td class="right number">{few(member.weight)}</td>
      <td class="right number">{target(targetPpm)}</td>
      <td class="right number">{sli(member.sli, targetPpm)}</td>
      <td class={`right number ${(member.consumed ?? 0) > 1 ? 'is-over' : ''}`}>{share(member.consumed)}</td>
    </tr>
  )
}
