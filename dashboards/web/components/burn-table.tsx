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
  const { severity, factor } = tier
  const windows = [windowName(tier.longMinutes), windowName(tier.shortMinutes)]
  const verdict = conditionOf(
    windows.map((window) => burnRates[window] ?? null),
    factor,
  )
  return (
    <tr>
      <td>
        <SeverityTag severity={severity} quiet={verdict !== 'above'} />
      </td>
      <td class="right number">{burnAligned(factor)}</td>
      {windows.map((window) => (
        <RateCell key={window} window={window} rate={burnRates[window] ?? null} factor={factor} />
      ))}
      <td>
        <Mark tone={CONDITION_TONE[verdict]} word={verdict} />
      </td>
    </tr>
  )
}

const CONDITION_TONE = { above: 'failing', below: 'ok', unknown: 'unknown' } as const

/** The condition alone; whether the tier has fired also depends on guards, coverage and what is open already. */
function conditionOf(rates: readonly (number | null)[], factor: number): keyof typeof CONDITION_TONE {
  if (rates.some((rate) => rate !== null && rate <= factor)) return 'below'
  return rates.includes(null) ? 'unknown' : 'above'
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
