import type { SloStatus } from '../api-shapes.ts'
import { burnAligned, count, NONE, sli, target } from '../format.ts'
import { Link } from '../navigation.tsx'
import { incidentPath, sloPath } from '../route.ts'
import { BudgetBar } from './budget-bar.tsx'
import { BudgetSparkline } from './sparkline.tsx'
import { SeverityTag, SloMark } from './status-mark.tsx'

export function SloTable({ slos }: { slos: readonly SloStatus[] }) {
  return (
    <table class="table slo-table">
      <thead>
        <tr>
          <th scope="col">Status</th>
          <th scope="col">SLO</th>
          <th scope="col" class="right">
            Target
          </th>
          <th scope="col" class="right">
            SLI
          </th>
          <th scope="col">Budget left</th>
          <th scope="col" class="right">
            Burn 1h
          </th>
          <th scope="col" class="right">
            6h
          </th>
          <th scope="col">Burn-down</th>
          <th scope="col">Fires</th>
        </tr>
      </thead>
      <tbody>
        {slos.map((slo) => (
          <Row key={slo.name} slo={slo} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ slo }: { slo: SloStatus }) {
  const { objective, counts } = slo
  return (
    <tr data-slo={slo.name}>
      <td class="cell-status">
        <SloMark status={slo.status} />
      </td>
      <th scope="row" class="cell-name">
        <Link href={sloPath(slo.name)} class="plain-link" result>
          {slo.name}
        </Link>
        <span class="muted">
          {slo.service}
          {slo.displayName !== slo.name && slo.displayName !== '' && ` · ${slo.displayName}`}
        </span>
      </th>
      <td class="right number" data-label="Target">
        {objective ? target(objective.targetPpm) : NONE}
        {objective && <span class="unit"> / {objective.window.duration}</span>}
      </td>
      <td class="right number" data-label="SLI" title={`${count(counts.good)} good of ${count(counts.total)}`}>
        {sli(slo.sli, objective?.targetPpm)}
      </td>
      <td class="cell-budget" data-label="Budget left">
        <BudgetBar remaining={slo.budget.remaining} />
      </td>
      <BurnCell rate={slo.burnRates['1h']} label="Burn 1h" />
      <BurnCell rate={slo.burnRates['6h']} label="6h" />
      <td class="cell-trend">
        <BudgetSparkline slo={slo} />
      </td>
      <td class="cell-fires">{slo.alert && <Fires alert={slo.alert} />}</td>
    </tr>
  )
}

function Fires({ alert }: { alert: NonNullable<SloStatus['alert']> }) {
  return (
    <Link href={incidentPath(alert.incident)} label={`${alert.severity}, open incident`}>
      <SeverityTag severity={alert.severity} />
    </Link>
  )
}

/** Above 1 the budget will not last the window: those numbers stand out by weight. */
function BurnCell({ rate, label }: { rate: number | null | undefined; label: string }) {
  const fast = (rate ?? 0) > 1
  return (
    <td class={`right number ${fast ? 'is-fast' : ''}`} data-label={label}>
      {burnAligned(rate)}
    </td>
  )
}
