import { z } from '@hono/zod-openapi'
import { type FiringAlert, fingerprintOf, type Muting } from '../slo/alert/firing-alerts.ts'
import type { Matcher } from '../slo/overlay/matchers.ts'
import { silenceState } from '../slo/overlay/silence.ts'
import type { StoredSilence } from '../storage/silences.ts'

/** Alertmanager's matcher: source: prometheus/alertmanager, api/v2/openapi.yaml. */
const matcher = z.object({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
})

export const silence = z.object({
  id: z.string(),
  status: z.object({ state: z.enum(['expired', 'active', 'pending']) }),
  updatedAt: z.iso.datetime(),
  matchers: z.array(matcher),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  createdBy: z.string(),
  comment: z.string(),
})

export const postableSilence = z.object({
  id: z.string().max(100).optional(),
  matchers: z.array(matcher).min(1).max(50),
  startsAt: z.iso.datetime({ offset: true }),
  endsAt: z.iso.datetime({ offset: true }),
  createdBy: z.string().max(200),
  comment: z.string().max(2_000),
})

export const alert = z.object({
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  startsAt: z.iso.datetime(),
  endsAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  fingerprint: z.string(),
  generatorURL: z.string(),
  receivers: z.array(z.object({ name: z.string() })),
  status: z.object({
    state: z.enum(['unprocessed', 'active', 'suppressed']),
    silencedBy: z.array(z.string()),
    inhibitedBy: z.array(z.string()),
    mutedBy: z.array(z.string()),
  }),
})

export const status = z.object({
  cluster: z.object({ status: z.string(), peers: z.array(z.unknown()) }),
  config: z.object({ original: z.string() }),
  uptime: z.iso.datetime(),
  versionInfo: z.record(z.string(), z.string()),
})

/** A matcher as we keep it. */
export const matcherFrom = ({ name, value, isRegex, isEqual }: z.output<typeof matcher>): Matcher => ({
  name,
  value,
  op: isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=',
})

/** A silence in Alertmanager's shape. */
export const silenceOf = (each: StoredSilence, now: Date): z.output<typeof silence> => ({
  id: each.id,
  status: { state: silenceState(each, now) },
  updatedAt: each.createdAt.toISOString(),
  matchers: each.matchers.map(({ name, value, op }) => ({
    name,
    value,
    isRegex: op.endsWith('~'),
    isEqual: op.startsWith('='),
  })),
  startsAt: each.startsAt.toISOString(),
  endsAt: each.endsAt.toISOString(),
  createdBy: each.createdBy,
  comment: each.comment,
})

/** Alertmanager forgets an alert that nobody repeats; ours fire until they end, which is told as the next minutes. */
const ENDS_AFTER_MS = 5 * 60_000

/** An alert that fires, in Alertmanager's shape. */
export function alertOf(
  each: FiringAlert,
  { silences, maintenance }: Muting,
  now: Date,
  publicUrl: string,
): z.output<typeof alert> {
  const annotations = {
    summary: each.summary,
    incident_id: each.incident,
    ...(each.runbook !== '' && { runbook_url: each.runbook }),
    ...(publicUrl !== '' && { dashboard_url: `${publicUrl}/incidents/${each.incident}` }),
  }
  return {
    labels: { ...each.labels },
    annotations,
    startsAt: each.startsAt.toISOString(),
    endsAt: new Date(now.getTime() + ENDS_AFTER_MS).toISOString(),
    updatedAt: now.toISOString(),
    fingerprint: fingerprintOf(each),
    generatorURL: publicUrl === '' || each.subject.slo === '' ? '' : `${publicUrl}/slos/${each.subject.slo}`,
    receivers: [{ name: 'plumbline' }],
    status: {
      state: silences.length > 0 || maintenance ? 'suppressed' : 'active',
      silencedBy: silences.map(({ id }) => id),
      inhibitedBy: [],
      mutedBy: maintenance ? [maintenance.id] : [],
    },
  }
}
