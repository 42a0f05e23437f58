import { absence } from '../slo/absence.ts'
import type { AlertPolicy } from '../slo/alert-policy.ts'
import type { FrozenReason } from '../slo/alert-reason.ts'
import { blindness } from '../slo/blindness.ts'
import type { Slo } from '../slo/model.ts'
import type { Reading } from '../slo/reading.ts'
import type { Signal } from '../slo/signal.ts'

/** What one tick knows beside readings. */
export interface Seen {
  signals: Signal[]
  /** Why a signal that is not given any more cannot be called clear; null when it can. */
  unseen: FrozenReason | null
  /** Event time of minutes that arrived late since the last tick. */
  late: { from: Date; to: Date } | null
}

export interface Signals {
  read(readings: readonly Reading[], now: Date): Promise<Seen>
}

/** Whether an SLO's author wants to hear that its telemetry stopped: unless their policies say no. */
const wantsAbsence = ({ alerting, policies }: Slo): boolean => alerting !== 'off' && (policies?.whenNoData ?? true)

/** Signals that follow from the readings alone. */
export function signalsOfReadings(
  readings: readonly Reading[],
  watermark: Date | null,
  now: Date,
  policy: AlertPolicy,
): Signal[] {
  return [
    blindness(watermark, now, policy),
    ...readings.filter(({ slo }) => wantsAbsence(slo)).map((reading) => absence(reading, now, policy)),
  ]
}

export function createSignals(policy: AlertPolicy): Signals {
  return {
    async read(readings, now) {
      const watermark = readings[0]?.watermark ?? null
      return { signals: signalsOfReadings(readings, watermark, now, policy), unseen: null, late: null }
    },
  }
}
