import type { AlertPolicy } from './alert-policy.ts'
import { SHORT_KEEP_MS, type Signal, subjectWith } from './signal.ts'

/** The environment of alerts about Plumbline itself: never grouped with those of SLOs. */
const META_ENV = 'plumbline'

const SUBJECT = subjectWith('plumbline#blind', 'PlumblineBlind', { env: META_ENV, service: 'plumbline' })

export const BLIND = SUBJECT.alert

/**
 * Whether Plumbline can see: no complete minute for `blindAfterMs` is a page, since every other alert is frozen then.
 * Judged by the wall clock. Before the very first telemetry there is nothing to be blind for.
 */
export function blindness(watermark: Date | null, now: Date, { blindAfterMs }: AlertPolicy): Signal {
  const silentMs = watermark === null ? 0 : now.getTime() - watermark.getTime()
  const minutes = Math.floor(silentMs / 60_000)
  return {
    subject: SUBJECT,
    conditions: [{ tier: '', severity: 'page', verdict: silentMs >= blindAfterMs ? 'matched' : 'clear', reason: null }],
    at: now.getTime(),
    keepFiringMs: SHORT_KEEP_MS,
    waits: false,
    summary: `Plumbline is blind: no telemetry is complete for ${minutes} min, so no alert rises or ends`,
    evidence: { kind: 'blind', sinceMs: now.getTime() - silentMs },
  }
}
