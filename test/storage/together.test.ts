import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { together } from '../../storage/together.ts'

/** A store whose writes end when the test says so. */
function slowStore() {
  const writes: { rows: number[]; end: () => void; fail: (error: Error) => void }[] = []
  const write = together<number>(
    (rows) => new Promise((end, fail) => writes.push({ rows, end: () => end(rows), fail })),
  )
  return { writes, write }
}
const later = () => new Promise((resolve) => setImmediate(resolve))

describe('writes that go together', () => {
  it('are those asked for while one is under way', async () => {
    const { writes, write } = slowStore()
    const told: number[] = []
    for (const row of [1, 2, 3, 4]) {
      void write([row]).then(() => told.push(row))
      if (row === 1) await later()
    }
    await later()
    expect(writes.map(({ rows }) => rows)).toEqual([[1]])
    writes[0]?.end()
    await later()
    expect(writes.map(({ rows }) => rows)).toEqual([[1], [2, 3, 4]])
    expect(told).toEqual([1])
    writes[1]?.end()
    await later()
    expect(told).toEqual([1, 2, 3, 4])
  })

  it('fail together, and the next ones do not', async () => {
    const { writes, write } = slowStore()
    const first = write([1])
    const second = expect(write([2])).rejects.toThrow('full')
    const failed = expect(first).rejects.toThrow('full')
    await later()
    writes[0]?.fail(new Error('full'))
    await Promise.all([failed, second])
    const third = write([3])
    await later()
    writes[1]?.end()
    await expect(third).resolves.toBeUndefined()
    expect(writes[1]?.rows).toEqual([3])
  })

  it('are all written once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.integer(), { minLength: 1 })), async (batches) => {
        const stored: number[] = []
        const write = together<number>(async (rows) => {
          await later()
          stored.push(...rows)
        })
        await Promise.all(batches.map((rows) => write(rows)))
        expect(stored).toEqual(batches.flat())
      }),
      { numRuns: 30 },
    )
  })
})
