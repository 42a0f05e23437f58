import { editsBetween } from '../near-misses.ts'

/** Typing errors further away than this are other words. */
const farthest = (word: string) => Math.max(2, Math.floor(word.length / 3))

/** Longer than any name there is: what is that long was not mistyped, and takes its time to compare. */
const LONGEST_WORD = 100

/** The known word that was most likely meant, if any is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (word.length > LONGEST_WORD) return null
  const [best] = known
    .map((candidate) => ({ candidate, edits: editsBetween(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ edits }) => edits <= farthest(word))
    .sort((a, b) => a.edits - b.edits)
  return best?.candidate ?? null
}

/** `Did you mean 'timeWindow'?`, else the list of what is known. */
export function suggest(word: string, known: readonly string[]): string {
  const meant = nearest(word, known)
  return meant ? `Did you mean '${meant}'?` : `Known are ${known.join(', ')}`
}
