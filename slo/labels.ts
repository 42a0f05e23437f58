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
