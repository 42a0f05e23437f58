import type { ListedSlo } from '../api-shapes.ts'
import { burnAligned, count, NONE, plural, share, sli, target } from '../format.ts'
import { Link } from '../navigation.tsx'
import { incidentPath, sloPath } from '../route.ts'
import { documentOf } from '../slo-words.ts'
import { BudgetBar } from './budget-bar.tsx'
import { BudgetSparkline } from './sparkline.tsx'
import { SeverityTag, Shape, SloMark } from './status-mark.tsx'

export function SloTable({ slos }: { slos: readonly ListedSlo[] }) {
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

function Row({ slo }: { slo: ListedSlo }) {
  const { objective, units } = slo
  return (
    <tr data-slo={slo.name}>
      <td class="cell-status">
        <SloMark status={slo.status} />
      </td>
      <th scope="row" class="cell-name">
        <Link href={sloPath(slo.name)} class="plain-link" result>
          <Name of={slo.name} />
        </Link>
        <span class="muted">
          {slo.service}
          {slo.displayName !== slo.name && slo.displayName !== '' && ` · ${slo.displayName}`}
        </span>
        <Doubts slo={slo} />
      </th>
      <td class="right number" data-label="Target">
        {objective ? target(objective.targetPpm) : NONE}
        {objective && <span class="unit"> / {objective.window.duration}</span>}
      </td>
      <td
        class="right number"
        data-label="SLI"
        title={units.total > 1 ? `${count(units.good)} good of ${count(units.total)}` : ''}
      >
        {sli(slo.sli, objective?.targetPpm)}
      </td>
      <td class="cell-budget" data-label="Budget left">
        <BudgetBar remaining={slo.budget.remaining} sampling={slo.sampling} />
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

/** `document:objective`, the document first. */
function Name({ of }: { of: string }) {
  const { document, objective } = documentOf(of)
  return (
    <>
      {document}
      {objective !== null && <span class="name-objective">:{objective}</span>}
    </>
  )
}

/** Why its numbers may not be what they seem; its own page says more. */
function Doubts({ slo: { warningCount, measuredShare } }: { slo: ListedSlo }) {
  return (
    <>
      {measuredShare !== null && (
        <span class="doubt">history measured to {share(Math.floor(measuredShare * 100) / 100)}</span>
      )}
      {warningCount > 0 && (
        <span class="doubt">
          <Shape tone="degraded" /> {plural(warningCount, 'warning')}
        </span>
      )}
    </>
  )
}

function Fires({ alert }: { alert: NonNullable<ListedSlo['alert']> }) {
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
