import { describe, expect, test } from 'vitest'
import { createSlots, type Slots, SlotsFullError } from '../../storage/slots.ts'

/** Pieces of work that begin when they may and end when they are told to; `begun` says which, in order. */
function pieces(slots: Slots) {
  const begun: string[] = []
  const start = (name: string, by: { caller?: string; signal?: AbortSignal } = {}) => {
    const end = Promise.withResolvers<void>()
    const done = slots.run(() => {
      begun.push(name)
      return end.promise
    }, by)
    done.catch(() => undefined)
    return { done, end: end.resolve }
  }
  return { begun, start }
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('work in slots', () => {
  test('begins in the order it came, as places become free', async () => {
    const { begun, start } = pieces(createSlots({ size: 1, queue: 2 }))
    const [first] = [start('first'), start('second'), start('third')]
    expect(begun).toEqual(['first'])
    first?.end()
    await settled()
    expect(begun).toEqual(['first', 'second'])
  })

  test('is refused when too much waits already, and what waits is not disturbed', async () => {
    const { begun, start } = pieces(createSlots({ size: 1, queue: 1 }))
    const first = start('first')
    start('second')
    await expect(start('third').done).rejects.toBeInstanceOf(SlotsFullError)
    first.end()
    await settled()
    expect(begun).toEqual(['first', 'second'])
  })

  test('of a caller that is at its limit waits while others pass it', async () => {
    const { begun, start } = pieces(createSlots({ size: 3, queue: 9, callerSize: 2 }))
    const [flood] = ['a1', 'a2', 'a3', 'a4'].map((name) => start(name, { caller: 'a' }))
    start('b1', { caller: 'b' })
    expect(begun).toEqual(['a1', 'a2', 'b1'])
    flood?.end()
    await settled()
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3'])
  })

  test('of a caller fills no more than its share of the queue', async () => {
    const { start } = pieces(createSlots({ size: 1, queue: 4, callerQueue: 2 }))
    for (const name of ['a1', 'a2', 'a3']) start(name, { caller: 'a' })
    await expect(start('a4', { caller: 'a' }).done).rejects.toBeInstanceOf(SlotsFullError)
    const other = start('b1', { caller: 'b' })
    expect(await Promise.race([other.done, settled().then(() => 'waits')])).toBe('waits')
  })

  test('gives up its place when its caller goes away while it waits', async () => {
    const { begun, start } = pieces(createSlots({ size: 1, queue: 1 }))
    const gone = new AbortController()
    const first = start('first')
    const second = start('second', { signal: gone.signal })
    gone.abort(new Error('gone'))
    await expect(second.done).rejects.toThrow('gone')
    start('third')
    first.end()
    await settled()
    expect(begun).toEqual(['first', 'third'])
  })

  test('that fails makes room as well', async () => {
    const slots = createSlots({ size: 1, queue: 1 })
    await expect(slots.run(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed')
    expect(await slots.run(async () => 'done')).toBe('done')
  })

  test('is over when nothing runs and nothing waits', async () => {
    const slots = createSlots({ size: 1, queue: 1 })
    const { start } = pieces(slots)
    const [first, second] = [start('first'), start('second')]
    let idle = false
    void slots.idle().then(() => {
      idle = true
    })
    first.end()
    await settled()
    expect([idle, slots.busy()]).toEqual([false, 1])
    second.end()
    await settled()
    expect([idle, slots.busy()]).toEqual([true, 0])
  })
})
