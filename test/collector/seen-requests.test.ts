import { describe, expect, test } from 'vitest'
import { REPEAT_WINDOW_MS, SeenRequests } from '../../collector/seen-requests.ts'

const NOW = Date.UTC(2026, 0, 1)
const ANSWER = { accepted: 1, duplicates: 0, rejected: 0, message: '' }

describe('a request seen before', () => {
  test('is found within ten minutes and not after', async () => {
    const seen = new SeenRequests()
    seen.add('a', Promise.resolve(ANSWER), NOW)
    expect(await seen.find('a', NOW + REPEAT_WINDOW_MS - 1)).toBe(ANSWER)
    expect(seen.find('a', NOW + REPEAT_WINDOW_MS)).toBeUndefined()
    expect(seen.find('b', NOW)).toBeUndefined()
  })

  test('that failed is forgotten, so that it may be tried again', async () => {
    const seen = new SeenRequests()
    const failing = Promise.reject(new Error('disk full'))
    seen.add('a', failing, NOW)
    await expect(failing).rejects.toThrow()
    expect(seen.find('a', NOW)).toBeUndefined()
  })

  test('that failed does not take its successful repetition with it', async () => {
    const seen = new SeenRequests()
    let fail: (error: Error) => void = () => {}
    const failing = new Promise<typeof ANSWER>((_, reject) => (fail = reject))
    seen.add('a', failing, NOW)
    seen.add('a', Promise.resolve(ANSWER), NOW + 1)
    fail(new Error('disk full'))
    await expect(failing).rejects.toThrow()
    expect(await seen.find('a', NOW + 2)).toBe(ANSWER)
  })

  test('is dropped first when there are too many', async () => {
    const seen = new SeenRequests()
    const answer = Promise.resolve(ANSWER)
    for (let i = 0; i < 200_001; i++) seen.add(String(i), answer, NOW)
    expect(seen.find('0', NOW)).toBeUndefined()
    expect(await seen.find('1', NOW)).toBe(ANSWER)
  })
})
