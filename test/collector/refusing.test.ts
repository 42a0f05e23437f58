import { expect, test } from 'vitest'
import { Refusing } from '../../collector/segment/refusing.ts'
import type { Log } from '../../runtime/log.ts'

function refusing() {
  const lines: [level: string, fields: unknown, text: string][] = []
  const level = (name: string) => (fields: unknown, text: string) => lines.push([name, fields, text])
  const log = { error: level('error'), info: level('info') } as unknown as Log
  const clock = { now: 1_000 }
  return { lines, clock, refusing: new Refusing(log, 'the disk is full', () => clock.now) }
}

test('a thousand refusals are a line when they begin, one a minute, and one when they are over', () => {
  const { lines, clock, refusing: disk } = refusing()
  const err = new Error('ENOSPC')
  for (let i = 0; i < 1_000; i++) {
    disk.refused(2, err)
    clock.now += 90
  }
  disk.taken()
  disk.taken()
  expect(lines).toEqual([
    ['error', { err, refused: 2, forMs: 0 }, 'requests are refused: the disk is full'],
    ['error', { err, refused: 1336, forMs: 60_030 }, 'requests are refused: the disk is full'],
    ['info', { refused: 2000, forMs: 90_000 }, 'requests are taken again, which were refused: the disk is full'],
  ])
})

test('what begins anew is said anew', () => {
  const { lines, refusing: disk } = refusing()
  disk.taken()
  disk.refused(1)
  disk.taken()
  disk.refused(1)
  expect(lines.map(([level]) => level)).toEqual(['error', 'info', 'error'])
})
