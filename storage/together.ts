/**
 * Writes that are asked for while one is under way go together in the next: many small writes at once cost as much as a
 * few. Each caller is told when its own rows are stored, or why they were not.
 */
export function together<T>(write: (rows: T[]) => Promise<unknown>): (rows: readonly T[]) => Promise<void> {
  let waiting: T[] = []
  let next: Promise<void> | null = null
  let current: Promise<unknown> = Promise.resolve()
  const flush = async () => {
    await current
    const rows = waiting
    waiting = []
    next = null
    const written = write(rows)
    current = written.catch(() => {})
    await written
  }
  return (rows) => {
    waiting.push(...rows)
    next ??= flush()
    return next
  }
}
