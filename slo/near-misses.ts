/** Up to `most` known names that look like the wanted one, the most alike first: for "not found" answers. */
export function nearMisses(wanted: string, known: readonly string[], most = 5): string[] {
  const name = wanted.toLowerCase()
  return known
    .map((candidate) => ({ candidate, edits: editsBetween(name, candidate.toLowerCase()) }))
    .filter(
      ({ candidate, edits }) =>
        edits <= Math.max(2, name.length / 3) || (name.length >= 3 && candidate.toLowerCase().includes(name)),
    )
    .sort((a, b) => a.edits - b.edits || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, most)
    .map(({ candidate }) => candidate)
}

/** Levenshtein distance (insertions, deletions and substitutions), one row of the table at a time. */
export function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, k) => k)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
