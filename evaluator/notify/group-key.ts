import { createHash } from 'node:crypto'
import type { Message } from '../deliver/message.ts'

type Labels = Readonly<Record<string, string>>

/** By name, as label sets are written everywhere. */
export const sorted = (labels: Labels): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

/** Alertmanager's key of a group: `{}:{env="prod", slo="checkout"}`, label values quoted as Go does. */
export const groupKey = (labels: Labels): string =>
  `{}:{${Object.entries(sorted(labels))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`

/** One per incident: a late resolve of an old one cannot close a new one of the same group. */
export const dedupKey = ({ groupLabels, incident }: Pick<Message, 'groupLabels' | 'incident'>): string =>
  `plb-${createHash('sha256')
    .update(`${groupKey(groupLabels)}\n${incident}`)
    .digest('hex')
    .slice(0, 40)}`
