import type { SloDetail } from '../api-shapes.ts'
import { budget, duration, few, plural, sli } from '../format.ts'
import { Link } from '../navigation.tsx'
import { isCounted } from '../slo-words.ts'
import { right, Table } from './table.tsx'
import { Time } from './time.tsx'

/** The newest are told one by one; recurring maintenance may have left out dozens. */
const SHOWN = 8

/** Time and history that do not count against the budget: when, why and by whom, with the numbers both ways. */
export function LeftOut({ slo }: { slo: SloDetail }) {
  const { exclusions, budget: own } = slo
  if (exclusions.length === 0 && own.resets.length === 0) return null
  return (
    <section aria-labelledby="left-out-title">
      <h2 id="left-out-title">Left out of the budget</h2>
      <div class="columns-even">
        <ul class="left-out">
          {own.resets.toReversed().map(({ at, reason, by }) => (
            <li key={at}>
              <strong>Reset</strong> <Time at={at} /> by {by || 'nobody named'}: {reason}
            </li>
          ))}
          <Exclusions exclusions={exclusions} />
        </ul>
        <BothNumbers slo={slo} />
      </div>
    </section>
  )
}

function Exclusions({ exclusions }: Pick<SloDetail, 'exclusions'>) {
  const lengthOf = ({ from, to }: { from: string; to: string }) => Date.parse(to) - Date.parse(from)
  const newest = exclusions.toReversed()
  const rest = newest.slice(SHOWN)
  return (
    <>
      {newest.slice(0, SHOWN).map((one) => (
        <li key={one.from}>
          <Time at={one.from} /> to <Time at={one.to} />, {duration(lengthOf(one))}: {one.reason || 'no reason given'}
          {one.by && `, by ${one.by}`}
        </li>
      ))}
      {rest.length > 0 && (
        <li>
          and {plural(rest.length, 'time')} before, {duration(rest.reduce((sum, one) => sum + lengthOf(one), 0))} in all
        </li>
      )}
      {newest.length > 0 && (
        <li>
          <Link href="/silences">Maintenance windows and who made them</Link>
        </li>
      )}
    </>
  )
}

function BothNumbers({ slo }: { slo: SloDetail }) {
  const { raw, objective } = slo
  if (raw === null) return null
  const counted = isCounted(slo)
  const columns = [
    { name: 'Official', sli: slo.sli, left: slo.budget.remaining, units: slo.units },
    { name: 'With all of it', sli: raw.sli, left: raw.remaining, units: raw.units },
  ]
  return (
    <Table
      look="both-numbers"
      columns={[
        'Numbers',
        right('SLI'),
        right('Budget left'),
        ...(counted ? [right(objective?.slice ? 'Bad slices' : 'Bad')] : []),
      ]}
    >
      {columns.map((column) => (
        <tr key={column.name}>
          <th scope="row">{column.name}</th>
          <td class="right number">{sli(column.sli, objective?.targetPpm)}</td>
          <td class="right number">{budget(column.left)}</td>
          {counted && <td class="right number">{few(column.units.total - column.units.good)}</td>}
        </tr>
      ))}
    </Table>
  )
}
