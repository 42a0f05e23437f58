import type { SloDetail, Tier } from '../api-shapes.ts'
import { burn, windowName } from '../format.ts'
import { SeverityTag } from './status-mark.tsx'

/** Burn in every window against the tiers: a tier fires only when both of its windows burn faster than its factor. */
export function BurnTable({ slo }: { slo: SloDetail }) {
  return (
    <section aria-labelledby="burn-title">
      <h2 id="burn-title">Burn against the alert tiers</h2>
      <div class="scroll">
        <table class="table burn-table">
          <thead>
            <tr>
              <th scope="col">Tier</th>
              <th scope="col" class="right">
                Fires above
              </th>
              <th scope="col" class="right">
                Long window
              </th>
              <th scope="col" class="right">
                Short window
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
      </div>
      <Windows burnRates={slo.burnRates} />
    </section>
  )
}

function TierRow({ tier, burnRates }: { tier: Tier; burnRates: SloDetail['burnRates'] }) {
  const long = windowName(tier.longMinutes)
  const short = windowName(tier.shortMinutes)
  const rates = [burnRates[long] ?? null, burnRates[short] ?? null]
  const over = rates.filter((rate) => rate !== null && rate > tier.factor).length
  const unknown = rates.includes(null)
  return (
    <tr>
      <td>
        <SeverityTag severity={tier.severity} />
      </td>
      <td class="right number">{burn(tier.factor)}</td>
      <RateCell window={long} rate={rates[0] ?? null} factor={tier.factor} />
      <RateCell window={short} rate={rates[1] ?? null} factor={tier.factor} />
      <td>
        {over === 2 ? <strong>both above</strong> : unknown ? 'cannot be judged' : over === 1 ? 'one above' : 'below'}
      </td>
    </tr>
  )
}

function RateCell({ window, rate, factor }: { window: string; rate: number | null; factor: number }) {
  return (
    <td class={`right number ${(rate ?? 0) > factor ? 'is-over' : ''}`}>
      <span class="muted">{window}</span> {burn(rate)}
    </td>
  )
}

function Windows({ burnRates }: { burnRates: SloDetail['burnRates'] }) {
  return (
    <p class="windows number">
      {Object.entries(burnRates).map(([window, rate]) => (
        <span key={window}>
          <span class="muted">{window}</span> {burn(rate)}
        </span>
      ))}
    </p>
  )
}
