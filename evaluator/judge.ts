import { type Decision, decide, switchedOff } from '../slo/alert.ts'
import type { AlertPolicy } from '../slo/alert-policy.ts'
import { type Projection, project } from '../slo/alert-stream.ts'
import { subscriptionsOf } from '../slo/alert-subscriptions.ts'
import { subjectOf } from '../slo/maintenance.ts'
import type { Reading } from '../slo/reading.ts'
import type { RouteNode } from '../slo/route.ts'
import { type AlertRecord, NEW_RECORD } from './alert-record.ts'

/** What one tick means for one SLO. */
export interface Judgement {
  slo: string
  /** Null when the SLO is gone. */
  reading: Reading | null
  before: AlertRecord
  decision: Decision
  projection: Projection
}

/**
 * Decides for every SLO, and ends the alerts of SLOs that are gone.
 * @param records by SLO name, as the last tick left them
 * @param remeasuring generations whose history is not measured to the end
 */
export function judge(
  readings: readonly Reading[],
  records: ReadonlyMap<string, AlertRecord>,
  remeasuring: ReadonlySet<string>,
  routes: readonly RouteNode[],
  policy: AlertPolicy,
  now: Date,
): Judgement[] {
  const judgements = readings.map((reading): Judgement => {
    const { slo } = reading
    const before = records.get(slo.name) ?? NEW_RECORD
    const decision = decide(before.alert, reading, now, policy, remeasuring.has(slo.generation))
    const subscriptions = subscriptionsOf(
      routes,
      { ...slo.labels, ...subjectOf(slo), owner: slo.owner },
      slo.policies?.endpoints,
    )
    const projection = project(before.stream, decision, subscriptions, now, policy)
    return { slo: slo.name, reading, before, decision, projection }
  })
  const known = new Set(readings.map(({ slo }) => slo.name))
  for (const [slo, before] of records) {
    if (known.has(slo) || before.alert.phase === 'inactive') continue
    const decision = switchedOff(before.alert)
    const projection = project(before.stream, decision, {}, now, policy)
    judgements.push({ slo, reading: null, before, decision, projection })
  }
  return judgements
}
