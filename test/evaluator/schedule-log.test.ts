import { setTimeout as sleep } from 'node:timers/promises'
import { schedule } from 'node-cron'
import { expect, test, vi } from 'vitest'
import { cronLog } from '../../evaluator/main.ts'

test('what the scheduler says is a line of our log, and nothing is written next to it', async () => {
  const lines: unknown[][] = []
  const note = (...line: unknown[]) => void lines.push(line)
  const consoles = (['log', 'info', 'warn', 'error', 'debug'] as const).map((name) => vi.spyOn(console, name))
  const cron = schedule(
    '* * * * * *',
    () => {
      throw new Error('failed')
    },
    { logger: cronLog({ info: note, warn: note, error: note, debug: note }) },
  )
  while (lines.length === 0) await sleep(50)
  await cron.destroy()
  expect(lines[0]).toEqual([{ err: expect.objectContaining({ message: 'failed' }) }, 'scheduler'])
  for (const spied of consoles) expect(spied).not.toHaveBeenCalled()
  vi.restoreAllMocks()
})
