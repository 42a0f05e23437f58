import { z } from 'zod'

const texts = z.record(z.string(), z.string())

/** The part of a notification that a person reads; the shape is Alertmanager's webhook body. */
const notification = z.object({
  status: z.enum(['firing', 'resolved']),
  alerts: z.array(z.object({ labels: texts, annotations: texts })),
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

/** A verified notification as lines for a terminal. */
export function pageLines(body: unknown): string[] {
  const parsed = notification.safeParse(body)
  if (!parsed.success) return ['  a signed message of unknown shape arrived']
  const { status, alerts, plumbline } = parsed.data
  return alerts.flatMap(({ labels, annotations }) => {
    const severity = (labels.severity ?? plumbline?.severity ?? 'alert').toUpperCase()
    const word = status === 'resolved' ? `RESOLVED ${severity}` : severity
    const rows = ROWS.flatMap(([key, title]) => (annotations[key] ? [`  │ ${title.padEnd(8)}${annotations[key]}`] : []))
    return [
      `  ┌─ ${word} ─ ${annotations.summary ?? labels.slo ?? ''}`,
      ...rows,
      `  └─ signature verified${plumbline?.reason ? `, sent because: ${plumbline.reason}` : ''}`,
    ]
  })
}
