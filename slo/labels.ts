/** `key=value,…` as in the annotation `plumbline.dev/labels`; null when it has another form or names a key twice. */
export function parseLabels(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {}
  for (const pair of text.split(',')) {
    const match = /^\s*([a-zA-Z0-9](?:[-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)\s*=\s*(.*?)\s*$/.exec(pair)
    const [, key, value] = match ?? []
    if (key === undefined || value === undefined || Object.hasOwn(labels, key)) return null
    labels[key] = value
  }
  return labels
}

/** Labels of an SLO's alerts and metrics: `metadata.labels` with lists joined by commas, and `added` over them. */
export function alertLabels(
  labels: Readonly<Record<string, string | readonly string[]>>,
  added: Readonly<Record<string, string>>,
): Record<string, string> {
  const joined = Object.entries(labels).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : value.join(','),
  ])
  return { ...Object.fromEntries(joined), ...added }
}

/** Labels of one SLO on `/metrics`, and characters of a value: what is longer is cut. */
const MOST_METRIC_LABELS = 20
const LONGEST_METRIC_VALUE = 128

/**
 * Labels as Prometheus takes them: `label_` before each name, so that none is taken for one of Plumbline's own, and `_` for
 * what a name may not have. Of several that come to one name the one that is written so stays, else the first; beyond
 * twenty the last by name are left out.
 */
export function metricLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = name.replace(/[^a-zA-Z0-9_]/g, '_')
    if (value !== '' && (name === key || !found.has(key))) found.set(key, value)
  }
  const kept = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, MOST_METRIC_LABELS)
  return Object.fromEntries(kept.map(([key, value]) => [`label_${key}`, cut(value)]))
}

/** By characters: half of one is none. */
const cut = (text: string): string =>
  text.length <= LONGEST_METRIC_VALUE
    ? text
    : `${Array.from(text)
        .slice(0, LONGEST_METRIC_VALUE - 1)
        .join('')}…`
