import { createHash } from 'node:crypto'
import type { Message } from '../deliver/message.ts'

type Labels = Readonly<Record<string, string>>

/** By name, as label sets are written everywhere. */
export const sorted = (labels: Labels): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

/** As Go's `%q`: what cannot be printed as an escape. Source: https://pkg.go.dev/strconv#Quote */
const quoted = (text: string): string =>
  JSON.stringify(text)
    .replace(/\\u00([01]\p{AHex})/gu, (_, hex: string) => GO_ESCAPES[hex] ?? `\\x${hex}`)
    .replace(/[\p{C}\p{Z}]/gu, (char) => (char === ' ' ? char : escapeOf(char.codePointAt(0) ?? 0)))

const GO_ESCAPES: Record<string, string> = { '07': '\\a', '0b': '\\v' }

function escapeOf(code: number): string {
  const hex = code.toString(16)
  if (code < 0x80) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** Alertmanager's key of a group: `{}:{env="prod", slo="checkout"}`, label values quoted as Go does. */
export const groupKey = (labels: Labels): string =>
  `{}:{${Object.entries(sorted(labels))
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(', ')}}`

/** One per incident: a late resolve of an old one cannot close a new one of the same group. */
export const dedupKey = ({ groupLabels, incident }: Pick<Message, 'groupLabels' | 'incident'>): string =>
  `plb-${createHash('sha256')
    .update(`${groupKey(groupLabels)}\n${incident}`)
    .digest('hex')
    .slice(0, 40)}`
