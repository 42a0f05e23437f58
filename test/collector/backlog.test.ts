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
  inWork: false,
  isQuarantined: false,
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
  const [a, b, c] = ['a', 'b', 'c'].map((id) => segment({ id })) as [SealedSegment, SealedSegment, SealedSegment]
  const failed = segment({ id: 'failed', failures: 2, notBefore: NOW })
  const inWork = segment({ id: 'in work', inWork: true })

  test.each<[string, SealedSegment[], newest: SealedSegment | undefined, oldest: SealedSegment | undefined]>([
    ['nothing waits', [], undefined, undefined],
    ['one waits: it is the newest', [a], a, undefined],
    ['several wait: from both ends', [a, b, c], c, a],
    ['what is in work is passed over', [inWork, a, b, inWork], b, a],
    ['one is in work, one waits: one after another', [inWork, a], a, undefined],
    ['one that failed waits for the lane of the oldest', [failed], undefined, failed],
    ['one that failed goes before younger ones', [failed, a, b], b, failed],
    ['one that failed does not hold up a single newer one', [failed, a], a, failed],
  ])('%s', (_, sealed, newest, oldest) => {
    const backlog = backlogOf(sealed)
    expect(backlog.next('newest', NOW)?.id).toBe(newest?.id)
    expect(backlog.next('oldest', NOW)?.id).toBe(oldest?.id)
  })

  test('one that failed pauses, and the next oldest goes before it', () => {
    const backlog = backlogOf([failed, a, b])
    expect(backlog.next('oldest', NOW - 1)).toBe(a)
    expect(backlogOf([failed]).next('oldest', NOW - 1)).toBeUndefined()
    expect(backlogOf([failed]).nextAt('oldest')).toBe(NOW)
    expect(backlogOf([]).nextAt('oldest')).toBe(Number.POSITIVE_INFINITY)
  })
})

test('bytes are those of all segments', () => {
  expect(backlogOf([segment({ bytes: 5 }), segment({ bytes: 6 })], { openedAt: NOW, bytes: 7 }).bytes()).toBe(18)
})
