import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { type AlertSettings, kindsOf, policyOf } from '../slo/alert/alert-settings.ts'
import { ALERT_NAMES } from '../slo/alert/incident.ts'
import type { Slo } from '../slo/model.ts'
import { oneFailurePages } from '../slo/tiers.ts'
import { trafficWarningAt } from '../slo/traffic-warning.ts'
import { type PreviewRange, previewSlo, type Replay } from '../storage/preview.ts'
import type { Db } from '../storage/query.ts'
import { withinBudget } from '../storage/request-budget.ts'
import { Unmeasurable } from '../storage/unmeasurable.ts'
import { documentBody, readDocumentText } from './document-body.ts'
import { askingOf, lane } from './lanes.ts'
import { onInvalid, Problem, problemAnswer } from './problem.ts'
import type { Strangers } from './strangers.ts'

const counts = z.object({ good: z.number(), total: z.number() })
const ratio = z.number().nullable()

export const previewSchema = z
  .object({
    slo: z.string(),
    generation: z.string(),
    from: z.iso.datetime(),
    to: z.iso.datetime(),
    knownFrom: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'The first minute of which anything is known; null where all of it is, or nothing' }),
    counts: counts.meta({ description: 'Events of the SLO window that ends at `to`' }),
    sli: ratio,
    budget: z.object({ consumed: ratio, remaining: ratio, badEventsLeft: ratio }),
    coverage: z.number().meta({ description: 'Share of the SLO window that is known' }),
    alerts: z
      .array(
        z.object({
          alert: z.string().meta({ description: '`NAME` is the burn rate, `NAME#budget50` and the like the others' }),
          alertname: z.enum(ALERT_NAMES),
          severity: z.enum(['page', 'ticket']),
          from: z.iso.datetime(),
          sentAt: z.iso.datetime().meta({ description: 'When its first message would have left' }),
          to: z.iso.datetime().nullable().meta({ description: 'null: it would still be open' }),
          minutes: z.number(),
          tier: z.string(),
          governingWindow: z.string(),
          burn: z.number(),
          counts,
          summary: z.string().meta({ description: 'What is wrong; empty for burn rates, which say it in numbers' }),
        }),
      )
      .meta({ description: 'Each page and ticket the policy would have sent, oldest first' }),
    openMinutes: z.object({ page: z.number(), ticket: z.number() }),
    steps: z.array(z.object({ at: z.iso.datetime(), good: z.number(), total: z.number(), budgetRemaining: ratio })),
    warnings: z.array(z.object({ path: z.string(), message: z.string() })),
  })
  .meta({ id: 'SloPreview' })

const previewRoute = createRoute({
  method: 'post',
  path: '/slos/preview',
  tags: ['slos'],
  summary: 'What SLOs that need not exist yet would have said and sent over the stored history',
  request: {
    query: z.object({
      days: z.coerce.number().int().min(1).max(400).default(30).meta({ description: 'How many days are judged' }),
    }),
    body: documentBody,
  },
  responses: {
    200: {
      description: 'One preview for each SLO of the body',
      content: { 'application/json': { schema: z.object({ items: z.array(previewSchema) }) } },
    },
    400: problemAnswer('A parameter is wrong'),
    415: problemAnswer('Neither YAML nor JSON'),
    422: problemAnswer('The documents are no SLOs that can be measured, or measuring them costs too much'),
    429: problemAnswer('Too many previews run and wait already'),
  },
})

/** A day is told in steps of an hour, longer stretches in days. */
const stepMinutesOf = (days: number) => (days <= 7 ? 60 : 1440)

/** What one request may take, of all its SLOs and all their statements together. */
const BUDGET = { ms: 60_000, rows: 1_000_000_000, memoryBytes: 512 * 2 ** 20 }
/** Previews of everyone, and of one caller: they are what the API can be asked that costs most. */
const LANE = { size: 2, queue: 8, callerSize: 1, callerQueue: 4 }

interface PreviewDeps {
  db: Db
  clock: () => Date
  /** How the product alerts; absent: as without a configuration. */
  alerting: AlertSettings | undefined
  strangers: Strangers
}

/** `POST /slos/preview`: nothing is stored. */
export function previewRoutes({ db, clock, alerting, strangers }: PreviewDeps): OpenAPIHono {
  const alerts = alerting ? { policy: policyOf(alerting), kinds: kindsOf(alerting) } : {}
  const app = new OpenAPIHono({ defaultHook: onInvalid })
  app.use('/slos/preview', lane(LANE))
  return app.openapi(previewRoute, async (c) => {
    const text = await readDocumentText(c)
    const { days } = c.req.valid('query')
    const asking = askingOf(c)
    const read = await strangers.run(asking, 'readPreviewed', text)
    if ('refused' in read) throw new Problem('invalid-document', read.refused, { errors: read.errors })
    const budget = withinBudget(db, BUDGET, asking.signal)
    const replay: Replay = (...given) => strangers.run({ ...asking, withinMs: budget.leftMs() }, 'backtest', ...given)
    const items = []
    for (const slo of read.slos) {
      const preview = await previewOf(budget.db, slo, { days, now: clock(), alerts, replay })
      items.push({ ...preview, warnings: [...read.warnings, ...lowTraffic(slo, preview)] })
    }
    return c.json({ items }, 200)
  })
}

/** With the traffic that was seen: would one failure alone page? Under slices that is known without it. */
function lowTraffic(slo: Slo, { counts, knownFrom, to }: Preview): { path: string; message: string }[] {
  const { tiers, objective } = slo
  const { budgetPpm, window, slice } = objective
  const events = counts.total
  const known = knownFrom === null ? window.minutes : (Date.parse(to) - Date.parse(knownFrom)) / MINUTE_MS
  const traffic = events === 0 ? null : trafficWarningAt(slo, events / Math.min(window.minutes, Math.max(1, known)))
  const guards = traffic ? [{ path: 'metadata.annotations', message: `${traffic.message}. ${traffic.hint}` }] : []
  if (slice !== null) return guards
  const findings = oneFailurePages(tiers, { sloWindowMinutes: window.minutes, budgetPpm, events })
  return [...guards, ...findings.map(({ message }) => ({ path: 'spec.objectives', message }))]
}

type Preview = Awaited<ReturnType<typeof previewOf>>
const MINUTE_MS = 60_000

async function previewOf(db: Db, slo: Slo, asked: Pick<PreviewRange, 'days' | 'now' | 'alerts' | 'replay'>) {
  const range = { ...asked, stepMinutes: stepMinutesOf(asked.days) }
  const result = await previewSlo(db, slo, range).catch((error: unknown) => {
    if (!(error instanceof Unmeasurable)) throw error
    throw new Problem('invalid-document', `${slo.name} cannot be measured`, {
      errors: [{ path: slo.name, message: error.message }],
    })
  })
  const { sli, consumed, remaining, badEventsLeft } = result.budget
  return {
    slo: slo.name,
    generation: slo.generation,
    from: result.from.toISOString(),
    to: result.to.toISOString(),
    knownFrom: result.knownFrom?.toISOString() ?? null,
    counts: result.counts,
    sli,
    budget: { consumed, remaining, badEventsLeft },
    coverage: result.coverage,
    alerts: result.alerts.map((alert) => ({
      ...alert,
      from: alert.from.toISOString(),
      sentAt: alert.sentAt.toISOString(),
      to: alert.to?.toISOString() ?? null,
    })),
    openMinutes: result.openMinutes,
    steps: result.steps.map(({ at, counts: { good, total }, budgetRemaining }) => ({
      at: at.toISOString(),
      good,
      total,
      budgetRemaining,
    })),
  }
}
