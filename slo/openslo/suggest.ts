/** Typing errors further away than this are other words. */
const farthest = (word: string) => Math.max(2, Math.floor(word.length / 3))

/** The known word that was most likely meant, if any is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  const [best] = known
    .map((candidate) => ({ candidate, edits: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= farthest(word))
    .sort((a, b) => a.edits - b.edits)
  return best?.candidate ?? null
}

/** `Did you mean 'timeWindow'?`, else the list of what is known. */
export function suggest(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant ? `Did you mean '${meant}'?` : `Known are ${known.join(', ')}`
}

/** Levenshtein distance: insertions, deletions and substitutions. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 20) return 20
  let previous = Array.from({ length: b.length + 1 }, (_, k) => k)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const substituted = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(substituted, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
    previous = row
  }
  return previous[b.length] ?? 0
}
