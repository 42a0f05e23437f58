import { describe, expect, test } from 'vitest'
import { Backlog, type SealedSegment } from '../../collector/segment/backlog.ts'

const NOW = Date.UTC(2026, 0, 1)

const segment = (fields: Partial<SealedSegment>): SealedSegment => ({
  id: 's',
  path: '/tmp/s',
  bytes: 100,
  openedAt: NOW,
  trusted: Number.POSITIVE_INFINITY,
  failures: 0,
  notBefore: 0,
  ...fields,
})

const backlogOf = (sealed: SealedSegment[], open: Backlog['open'] = null) => {
  const backlog = new Backlog()
  backlog.sealed.push(...sealed)
  backlog.open = open
  return backlog
}

describe('complete until', () => {
  const [first, second] = [segment({ openedAt: NOW - 20 }), segment({ openedAt: NOW - 10 })]

  test('now, when nothing waits', () => {
    expect(backlogOf([]).completeUntil(NOW)).toBe(NOW)
  })

  test('the opening of the segment being written', () => {
    expect(backlogOf([], { openedAt: NOW - 5, bytes: 1 }).completeUntil(NOW)).toBe(NOW - 5)
  })

  test('the opening of the oldest that waits', () => {
    expect(backlogOf([first, second]).completeUntil(NOW)).toBe(NOW - 20)
  })

  test('while one is stored, the opening of the oldest other one', () => {
    expect(backlogOf([first, second]).completeUntil(NOW, first)).toBe(NOW - 10)
    expect(backlogOf([first, second]).completeUntil(NOW, second)).toBe(NOW - 20)
    expect(backlogOf([first]).completeUntil(NOW, first)).toBe(NOW)
    expect(backlogOf([first], { openedAt: NOW - 1, bytes: 1 }).completeUntil(NOW, first)).toBe(NOW - 1)
  })

  test('never later than now, even if a segment claims the future', () => {
    expect(backlogOf([segment({ openedAt: NOW + 60_000 })]).completeUntil(NOW)).toBe(NOW)
  })
})

describe('next', () => {
  const fresh = segment({ id: 'fresh' })
  const failed = segment({ id: 'failed', failures: 2, notBefore: NOW })
  const waiting = segment({ id: 'waiting', failures: 1, notBefore: NOW + 1 })

  test('a segment that failed does not stand before a fresh one', () => {
    const backlog = backlogOf([waiting, failed, fresh])
    expect(backlog.next('fresh', NOW)).toBe(fresh)
    expect(backlog.next('retry', NOW)).toBe(failed)
    expect(backlog.next('retry', NOW - 1)).toBeUndefined()
  })

  test('the oldest first', () => {
    expect(backlogOf([segment({ id: 'a' }), segment({ id: 'b' })]).next('fresh', NOW)?.id).toBe('a')
  })
})

test('bytes are those of all segments', () => {
  expect(backlogOf([segment({ bytes: 5 }), segment({ bytes: 6 })], { openedAt: NOW, bytes: 7 }).bytes()).toBe(18)
})
