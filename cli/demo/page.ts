import { z } from 'zod'

const texts = z.record(z.string(), z.string())

/** The part of a notification that a person reads; the shape is Alertmanager's webhook body. */
const notification = z.object({
  alerts: z.array(z.object({ status: z.enum(['firing', 'resolved']), labels: texts, annotations: texts })),
  plumbline: z.object({ severity: z.string(), reason: z.string() }).partial().optional(),
})

const ROWS: readonly [annotation: string, title: string][] = [
  ['description', 'what'],
  ['cause', 'cause'],
  ['impact', 'who'],
  ['who_can_fix', 'can fix'],
  ['first_step', 'first'],
  ['runbook_url', 'runbook'],
  ['dashboard_url', 'open'],
]

/** A verified notification as lines for a terminal; alerts that say the same are told once, as the first of them. */
export function pageLines(body: unknown): string[] {
  const parsed = notification.safeParse(body)
  if (!parsed.success) return ['  a signed message of unknown shape arrived']
  const { alerts, plumbline } = parsed.data
  const said = Map.groupBy(alerts, ({ status, annotations }) => `${status} ${annotations.summary}`)
  return [...said.values()].flatMap(([first]) => {
    if (!first) return []
    const { status, labels, annotations } = first
    const severity = (labels.severity ?? plumbline?.severity ?? 'alert').toUpperCase()
    const rows = ROWS.flatMap(([key, title]) => (annotations[key] ? [`  │ ${title.padEnd(8)}${annotations[key]}`] : []))
    return [
      `  ┌─ ${status === 'resolved' ? 'RESOLVED ' : ''}${severity} ─ ${annotations.summary ?? labels.slo ?? ''}`,
      ...rows,
      `  └─ signature verified${plumbline?.reason ? `, sent because: ${plumbline.reason}` : ''}`,
    ]
  })
}
