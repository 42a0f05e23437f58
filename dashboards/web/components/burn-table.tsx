import type { SloDetail, Tier } from '../api-shapes.ts'
import { burnAligned, windowName } from '../format.ts'
import { Mark, SeverityTag } from './status-mark.tsx'

/** Burn in every window against the tiers: a tier fires only when both of its windows burn faster than its factor. */
export function BurnTable({ slo }: { slo: SloDetail }) {
  return (
    <section aria-labelledby="burn-title">
      <h2 id="burn-title">Burn against the alert tiers</h2>
      <table class="table burn-table">
        <thead>
          <tr>
            <th scope="col">Tier</th>
            <th scope="col" class="right">
              Above
            </th>
            <th scope="col" class="right">
              Long
            </th>
            <th scope="col" class="right">
              Short
            </th>
            <th scope="col">Now</th>
          </tr>
        </thead>
        <tbody>
          {slo.tiers.map((tier) => (
            <TierRow key={`${tier.severity}${tier.longMinutes}`} tier={tier} burnRates={slo.burnRates} />
          ))}
        </tbody>
      </table>
      <Windows burnRates={slo.burnRates} />
    </section>
  )
}

function TierRow({ tier, burnRates }: { tier: Tier; burnRates: SloDetail['burnRates'] }) {
  const long = windowName(tier.longMinutes)
  const short = windowName(tier.shortMinutes)
  return (
    <tr>
      <td>
        <SeverityTag severity={tier.severity} />
      </td>
      <td class="right number">{burnAligned(tier.factor)}</td>
      <RateCell window={long} rate={burnRates[long] ?? null} factor={tier.factor} />
      <RateCell window={short} rate={burnRates[short] ?? null} factor={tier.factor} />
      <td>
        <Verdict rates={[burnRates[long] ?? null, burnRates[short] ?? null]} factor={tier.factor} />
      </td>
    </tr>
  )
}

/** The condition alone; whether it has fired also depends on guards, coverage and what is open already. */
function Verdict({ rates, factor }: { rates: (number | null)[]; factor: number }) {
  if (rates.some((rate) => rate !== null && rate <= factor)) return <Mark tone="ok" word="below" />
  if (rates.includes(null)) return <Mark tone="unknown" word="unknown" />
  return <Mark tone="failing" word="above" />
}

function RateCell({ window, rate, factor }: { window: string; rate: number | null; factor: number }) {
  return (
    <td class={`right number ${(rate ?? 0) > factor ? 'is-over' : ''}`}>
      <span class="muted">{window}</span> {burnAligned(rate)}
    </td>
  )
}

function Windows({ burnRates }: { burnRates: SloDetail['burnRates'] }) {
  return (
    <p class="windows number">
      {Object.entries(burnRates).map(([window, rate]) => (
        <span key={window}>
          <span class="muted">{window}</span> {burnAligned(rate)}
        </span>
      ))}
    </p>
  )
}
