import type { SloDetail, Tier } from '../api-shapes.ts'
import { useNow } from '../clock.ts'
import { burn, burnAligned, windowName } from '../format.ts'
import { detectionWords, lowTrafficWords } from '../slo-words.ts'
import { HISTORY_RENEW_MS, useWindowHistory } from '../window-history.ts'
import { Mark, SeverityTag } from './status-mark.tsx'
import { right, Table } from './table.tsx'

/** Burn in every window against the tiers: a tier fires only when both of its windows burn faster than its factor. */
export function BurnTable({ slo }: { slo: SloDetail }) {
  return (
    <section aria-labelledby="burn-title">
      <h2 id="burn-title">Burn against the alert tiers</h2>
      <Table look="burn-table" columns={['Tier', right('Above'), right('Long'), right('Short'), 'Now']}>
        {slo.tiers.map((tier) => (
          <TierRow key={`${tier.severity}${tier.longMinutes}`} tier={tier} burnRates={slo.burnRates} />
        ))}
      </Table>
      <Windows burnRates={slo.burnRates} />
      <Limits slo={slo} />
    </section>
  )
}

/** How short an outage, how little traffic and how thin a sample these burn rates can tell. */
function Limits({ slo }: { slo: SloDetail }) {
  const { sampling, budget, definition } = slo
  const now = useNow()
  const history = useWindowHistory(slo, 'chart', { wanted: true, everyMs: HISTORY_RENEW_MS })
  const thin = history && lowTrafficWords(slo, now, history.young ? history.range.from : undefined)
  const detected = detectionWords(slo.tiers)
  return (
    <div class="limits">
      {sampling && (
        <p>
          Sampled calls: over the SLO window {burn(budget.consumed)}, 95% interval {burn(sampling.burn.low)} to{' '}
          {burn(sampling.burn.high)}
          {sampling.weak && <Weak />}
        </p>
      )}
      {thin !== null && <p>{thin}.</p>}
      {definition?.alerting === 'budget-share' && (
        <p>A tier fires when its windows took its exact share of the whole budget, however few events they hold.</p>
      )}
      {detected !== null && <p>{detected}.</p>}
    </div>
  )
}

const Weak = () => (
  <>
    {'; '}
    <Mark tone="degraded" word="weak" />: fewer than ten bad events were really seen
  </>
)

function TierRow({ tier, burnRates }: { tier: Tier; burnRates: SloDetail['burnRates'] }) {
  const { severity, factor, op = 'gt', forMinutes = 0 } = tier
  const windows = [windowName(tier.longMinutes), windowName(tier.shortMinutes)].map((window) => {
    const rate = burnRates[window] ?? null
    return { window, rate, meets: rate === null ? null : MEETS[op](rate, factor) }
  })
  const verdict = verdictOf(windows.map(({ meets }) => meets))
  return (
    <tr>
      <td>
        <SeverityTag severity={severity} quiet={verdict !== 'met'} />
      </td>
      <td class="right number">
        {op !== 'gt' && `${SIGN[op]} `}
        {burnAligned(factor)}
        {forMinutes > 0 && <span class="muted"> for {windowName(forMinutes)}</span>}
      </td>
      {windows.map(({ window, rate, meets }, n) => (
        <td key={n} class={`right number ${meets ? 'is-over' : ''}`}>
          {(n === 0 || window !== windows[0]?.window) && (
            <>
              <span class="muted">{window}</span> {burnAligned(rate)}
            </>
          )}
        </td>
      ))}
      <td>
        <Mark tone={VERDICT_TONE[verdict]} word={sideOf(verdict, op)} />
      </td>
    </tr>
  )
}

const MEETS = {
  gt: (rate: number, factor: number) => rate > factor,
  gte: (rate: number, factor: number) => rate >= factor,
  lt: (rate: number, factor: number) => rate < factor,
  lte: (rate: number, factor: number) => rate <= factor,
} as const
const SIGN = { gt: '>', gte: '≥', lt: '<', lte: '≤' } as const
type Op = keyof typeof MEETS

const VERDICT_TONE = { met: 'failing', unmet: 'ok', unknown: 'unknown' } as const
type Verdict = keyof typeof VERDICT_TONE

/** The condition alone; whether the tier has fired also depends on guards, coverage and what is open already. */
function verdictOf(windows: readonly (boolean | null)[]): Verdict {
  if (windows.includes(false)) return 'unmet'
  return windows.includes(null) ? 'unknown' : 'met'
}

/** On which side of the factor burn is. */
const sideOf = (verdict: Verdict, op: Op): string =>
  verdict === 'unknown' ? verdict : (verdict === 'met') === op.startsWith('g') ? 'above' : 'below'

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
