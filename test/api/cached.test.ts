import { expect, test } from 'vitest'
import { cached } from '../../api/cached.ts'

/** A clock and a reader that counts: each read takes `tookMs` of that clock. */
function counting({ tookMs = 0, maxAgeMs = 1_000 } = {}) {
  const state = { now: 0, reads: 0, failing: false }
  const ask = cached(
    async () => {
      state.reads += 1
      await Promise.resolve()
      if (state.failing) throw new Error('the store is away')
      state.now += tookMs
      return state.reads
    },
    { maxAgeMs, clock: () => new Date(state.now) },
  )
  return { state, ask }
}

test('young values are given again', async () => {
  const { state, ask } = counting()
  expect(await ask()).toBe(1)
  state.now += 999
  expect(await ask()).toBe(1)
  state.now += 1
  expect(await ask()).toBe(2)
})

test('those who ask at once share one read', async () => {
  const { state, ask } = counting()
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1])
  expect(state.reads).toBe(1)
})

test('where reads are slow the last value is given while the next is read', async () => {
  const { state, ask } = counting({ tookMs: 400 })
  expect(await ask()).toBe(1)
  state.now += 5_000
  expect(await ask()).toBe(1)
  await new Promise((resolve) => setImmediate(resolve))
  expect(await ask()).toBe(2)
})

test('a value older than that is waited for', async () => {
  const { state, ask } = counting({ tookMs: 400 })
  await ask()
  state.now += 8_001
  expect(await ask()).toBe(2)
})

test('a failure is told to whoever waits, and not kept', async () => {
  const { state, ask } = counting()
  state.failing = true
  await expect(ask()).rejects.toThrow('the store is away')
  state.failing = false
  expect(await ask()).toBe(2)
})

test('a failure that nobody waits for is told to the one who waits next', async () => {
  const { state, ask } = counting({ tookMs: 400 })
  await ask()
  state.failing = true
  state.now += 5_000
  expect(await ask()).toBe(1)
  await new Promise((resolve) => setImmediate(resolve))
  state.now += 60_000
  await expect(ask()).rejects.toThrow('the store is away')
})
