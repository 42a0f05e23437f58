/** Whether every word of the filter occurs in one of the texts; case does not matter. */
export function matchesFilter(filter: string, ...texts: readonly string[]): boolean {
  const all = texts.join(' ').toLowerCase()
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word))
}
