import { ALERT_POLICY } from '../slo/alert/alert-policy.ts'
import { frozenReading, judgeTier } from '../slo/alert/alert-verdict.ts'
import { hasSli } from '../slo/budget/budget.ts'
import { burnRate } from '../slo/budget/burn-rate.ts'
import { windowLabel } from '../slo/budget/window.ts'
import { environmentOf } from '../slo/indicator.ts'
import { metricLabels } from '../slo/labels.ts'
import type { Severity, Slo } from '../slo/model.ts'
import { type Reading, STATUS_WINDOWS, type WindowReading } from '../slo/reading.ts'
import type { Family, Sample } from './exposition.ts'
import type { SloBoard, SloEntry } from './slo-board.ts'

const SEVERITIES = ['page', 'ticket'] as const satisfies readonly Severity[]

/** The SLO series of /metrics. A value nobody knows has no series; docs/api.md lists the names. */
export function sloFamilies({ at, slos, openIncidents }: SloBoard): Family[] {
  const measured = slos.filter((entry): entry is SloEntry & { reading: Reading } => entry.reading !== null)
  const perSlo = (value: (entry: SloEntry & { reading: Reading }) => number | null): Sample[] =>
    measured.flatMap((entry) => sample(labelsOf(entry.reading.slo), value(entry)))
  const perWindow = (value: (window: WindowReading, slo: Slo) => number | null): Sample[] =>
    measured.flatMap(({ reading }) =>
      windowsOf(reading).flatMap(([window, found]) =>
        sample({ ...labelsOf(reading.slo), window }, value(found, reading.slo)),
      ),
    )
  return [
    gauge(
      'slo_info',
      'Always 1; the labels of the SLO, each with label_ before its name.',
      slos.flatMap(({ definition: { slo } }) =>
        slo === null ? [] : [{ labels: { ...labelsOf(slo), ...metricLabels(slo.labels) }, value: 1 }],
      ),
    ),
    gauge(
      'slo_objective_ratio',
      'Target of the SLO.',
      perSlo(({ reading }) => reading.slo.objective.targetPpm / 1e6),
    ),
    gauge(
      'slo_window_seconds',
      'Length of the SLO window.',
      perSlo(({ reading }) => reading.slo.objective.window.minutes * 60),
    ),
    gauge(
      'slo_sli_error_ratio',
      'Bad events divided by events in the window, or bad slices by slices.',
      perWindow(({ units }, slo) =>
        units.total === 0 || !hasSli(slo) ? null : (units.total - units.good) / units.total,
      ),
    ),
    gauge(
      'slo_burn_rate',
      'Error ratio of the window divided by the error budget: 1 spends exactly the budget over the SLO window.',
      perWindow(({ units }, slo) => burnRate(units, slo.objective.budgetPpm)),
    ),
    gauge(
      'slo_data_coverage_ratio',
      'Minutes of the window that are measured or known to be quiet, divided by the minutes expected.',
      perWindow(({ coverage }) => coverage),
    ),
    gauge(
      'slo_error_budget_remaining_ratio',
      'Share of the error budget left, negative when overspent.',
      measured.flatMap(({ reading, status }) => [
        ...sample({ ...labelsOf(reading.slo), basis: 'official' }, status.budget.remaining),
        ...sample({ ...labelsOf(reading.slo), basis: 'raw' }, status.raw === null ? null : status.raw.remaining),
      ]),
    ),
    gauge(
      'slo_error_budget_exhaustion_seconds',
      'Time until the error budget is spent at the present rate; absent when it is not within one SLO window.',
      perSlo(({ status }) =>
        status.budget.exhaustsAt === null
          ? null
          : Math.max(0, Date.parse(status.budget.exhaustsAt) - at.getTime()) / 1000,
      ),
    ),
    gauge(
      'slo_watermark_age_seconds',
      'Age of the newest instant up to which data is complete.',
      perSlo(({ reading }) =>
        reading.watermark === null ? null : (at.getTime() - reading.watermark.getTime()) / 1000,
      ),
    ),
    gauge(
      'slo_alert_active',
      '1 while an alert of this severity fires, else 0.',
      measured.flatMap(({ reading, status }) =>
        SEVERITIES.flatMap((severity) =>
          sample({ ...labelsOf(reading.slo), severity }, status.alert?.severity === severity ? 1 : 0),
        ),
      ),
    ),
    gauge(
      'slo_alert_frozen',
      '1 while a tier of the SLO cannot be judged for this reason.',
      measured.flatMap(({ reading }) =>
        frozenReasons(reading, at).map((reason) => ({ labels: { ...labelsOf(reading.slo), reason }, value: 1 })),
      ),
    ),
    gauge(
      'slo_measured_ratio',
      'Share of the history of a new definition that is measured; absent when all of it is.',
      measured.flatMap(({ reading: { slo, backfill } }) => sample(labelsOf(slo), backfill?.progress ?? null)),
    ),
    gauge(
      'slo_invalid',
      '1 while the SLO cannot be judged; GET /api/v1/slos/{slo} says why.',
      slos.flatMap(({ status: { name, service, status } }) =>
        status === 'invalid' ? [{ labels: { slo: name, service }, value: 1 }] : [],
      ),
    ),
    gauge(
      'plumbline_incidents_open',
      'Incidents open now.',
      SEVERITIES.flatMap((severity) =>
        sample({ severity }, openIncidents.filter((incident) => incident.severity === severity).length),
      ),
    ),
  ]
}

const gauge = (name: string, help: string, samples: Sample[]): Family => ({ name, type: 'gauge', help, samples })

const sample = (labels: Sample['labels'], value: number | null): Sample[] => (value === null ? [] : [{ labels, value }])

function frozenReasons(reading: Reading, now: Date): string[] {
  const frozen = frozenReading(reading, now, ALERT_POLICY, false)
  const verdicts = reading.slo.tiers.map((tier) => judgeTier(tier, reading, ALERT_POLICY, frozen))
  return [...new Set(verdicts.flatMap(({ verdict, reason }) => (verdict === 'frozen' && reason ? [reason] : [])))]
}

/** The windows every SLO has, and its own as `slo`. */
const windowsOf = ({ period, windows }: Reading): [string, WindowReading][] => [
  ...STATUS_WINDOWS.flatMap((minutes): [string, WindowReading][] => {
    const read = windows.get(minutes)
    return read ? [[windowLabel(minutes), read]] : []
  }),
  ['slo', period],
]

/** `env` only where the SLI looks at exactly one environment. */
function labelsOf({ name, service, indicator }: Slo): Record<'slo' | 'service' | 'env', string> {
  return { slo: name, service, env: environmentOf({ labels: {}, indicator }) }
}
