import type { Methods, SloDetail } from '../api-shapes.ts'
import { sli, target, windowName } from '../format.ts'
import { useLive } from '../live.ts'
import { sloPath } from '../route.ts'
import { useLast } from '../window-history.ts'
import { BudgetBar } from './budget-bar.tsx'
import { right, Table } from './table.tsx'

const RENEW_MS = 60_000

type Item = Methods['items'][number]

/** The same minutes judged by each budgeting method: where they differ says what the failures looked like. */
export function MethodsSideBySide({ slo }: { slo: SloDetail }) {
  const answer = useLast(useLive<Methods>(`/api/v1${sloPath(slo.name)}/methods`, RENEW_MS).value)
  if (answer === null || answer.items.every((item) => item.sli === null)) return null
  return (
    <section aria-labelledby="methods-title">
      <h2 id="methods-title">The same promise by each budgeting method</h2>
      <Table look="methods-table" columns={['Method', right('SLI'), 'Budget left']}>
        {answer.items.map((item) => (
          <tr key={item.method}>
            <th scope="row">
              <strong>{TITLE[item.method]}</strong>
              {item.isOwn && <span class="muted"> · judges this SLO</span>}
              <span class="muted method-meaning">{meaningOf(item)}</span>
            </th>
            <td class="right number">{sli(item.sli, answer.targetPpm)}</td>
            <td>
              <BudgetBar remaining={item.remaining} />
            </td>
          </tr>
        ))}
      </Table>
    </section>
  )
}

const TITLE = { occurrences: 'Occurrences', timeslices: 'Timeslices', ratio_timeslices: 'Ratio timeslices' } as const

function meaningOf({ method, slice }: Item): string {
  if (method === 'occurrences' || slice === null) return 'Every event weighs the same: busy hours weigh most.'
  const each = `slice of ${windowName(slice.minutes)}`
  if (method === 'ratio_timeslices') return `Every ${each} weighs the same, and counts by its share of good events.`
  const bar = slice.target === null ? '' : ` when ${target(slice.target * 1_000_000)} of its events are`
  return `Time weighs the same: a ${each} is good${bar}.`
}
