import type { SloStatus } from '../../slo/status.ts'

/** What a row of v_slo_now must say where the API says this. */
export const nowRowOf = ({
  objective,
  counts,
  units,
  budget,
  burnRates,
  raw,
  period,
  freshness,
  ...status
}: SloStatus) => ({
  slo: status.name,
  service: status.service,
  status: status.status,
  generation: status.generation,
  target: objective?.target,
  method: objective?.method,
  good_events: counts.good,
  total_events: counts.total,
  units_good: units.good,
  units_total: units.total,
  sli: status.sli,
  consumed: budget.consumed,
  remaining: budget.remaining,
  raw_remaining: raw?.remaining ?? null,
  burn_5m: burnRates['5m'],
  burn_30m: burnRates['30m'],
  burn_1h: burnRates['1h'],
  burn_2h: burnRates['2h'],
  burn_6h: burnRates['6h'],
  burn_1d: burnRates['1d'],
  burn_3d: burnRates['3d'],
  window_coverage: freshness.coverage,
  period_from: period?.from,
  period_to: period?.to,
  watermark: freshness.watermark,
  last_event_at: freshness.lastEventAt,
  alert_severity: status.alert?.severity ?? '',
  incident: status.alert?.incident ?? '',
})

/** How rows are read so that instants compare as text. */
export const ISO_ROWS = { output_format_json_quote_64bit_integers: 0, date_time_output_format: 'iso' } as const
