import { absence } from '../alert/absence.ts'
import type { AlertPolicy } from '../alert/alert-policy.ts'
import { blindness } from '../alert/blindness.ts'
import { budgetSpent, exhaustionSoon } from '../alert/budget-alerts.ts'
import type { AlertName } from '../alert/incident.ts'
import type { Signal } from '../alert/signal.ts'
import { fenced } from '../invalid.ts'
import type { Slo } from '../model.ts'
import type { Reading } from '../reading.ts'

/** Whether an SLO's author wants to hear that its telemetry stopped: unless their policies say no. */
const wantsAbsence = ({ alerting, policies }: Slo): boolean => alerting !== 'off' && (policies?.whenNoData ?? true)

export const isJudged = ({ slo }: Reading) => slo.alerting !== 'off'

/** Whether an SLO, as it is defined now, has alerts of a kind at all. */
export const wants = (slo: Slo, alertname: AlertName): boolean =>
  alertname === 'TelemetryAbsent' ? wantsAbsence(slo) : slo.alerting !== 'off'

/** Everything beside burn rates that follows from the readings alone. */
export function signalsOfReadings(
  readings: readonly Reading[],
  watermark: Date | null,
  now: Date,
  policy: AlertPolicy,
  kinds: ReadonlySet<AlertName>,
  remeasuring: ReadonlySet<string> = new Set(),
): Signal[] {
  const isPartial = ({ slo }: Reading) => remeasuring.has(slo.generation)
  const judged = readings.filter(isJudged)
  const of = (kind: AlertName, signals: () => Signal[]) => (kinds.has(kind) ? signals() : [])
  return [
    ...of('PlumblineBlind', () => [blindness(watermark, now, policy)]),
    ...of('TelemetryAbsent', () =>
      present(
        readings
          .filter(({ slo }) => wantsAbsence(slo))
          .map((reading) => fenced(reading, (sound) => absence(sound, now, policy, isPartial(sound)))),
      ),
    ),
    ...of('SLOBudgetSpent', () =>
      judged.flatMap((reading) => fenced(reading, (sound) => budgetSpent(sound, now, policy, isPartial(sound)))),
    ),
    ...of('SLOExhaustion', () =>
      present(
        judged.map((reading) => fenced(reading, (sound) => exhaustionSoon(sound, now, policy, isPartial(sound)))),
      ),
    ),
  ]
}

const present = <T>(values: readonly (T | null)[]): T[] => values.filter((value): value is T => value !== null)
