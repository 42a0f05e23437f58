import { Writable } from 'node:stream'
import pino from 'pino'
import { expect, test } from 'vitest'
import { createRejectionLog } from '../../collector/rejection-log.ts'

const NOW = Date.UTC(2026, 0, 1)

test('one line a minute and signal, which tells how many requests it stands for', () => {
  const lines: Record<string, unknown>[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>)
      done()
    },
  })
  let now = NOW
  const log = createRejectionLog(pino(sink), () => now)
  for (let second = 0; second < 130; second++) {
    now = NOW + second * 1000
    log('traces', 2, 'no ids')
    if (second === 70) log('metrics', 5, 'no name')
  }
  expect(
    lines.map(({ signal, records, requestsSinceLastLine, msg }) => ({ signal, records, requestsSinceLastLine, msg })),
  ).toEqual([
    { signal: 'traces', records: 2, requestsSinceLastLine: 1, msg: 'no ids' },
    { signal: 'traces', records: 2, requestsSinceLastLine: 60, msg: 'no ids' },
    { signal: 'metrics', records: 5, requestsSinceLastLine: 1, msg: 'no name' },
    { signal: 'traces', records: 2, requestsSinceLastLine: 60, msg: 'no ids' },
  ])
})
