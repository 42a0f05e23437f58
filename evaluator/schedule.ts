/** Lengths a cron expression can repeat evenly: divisors of a minute, an hour and a day. */
const DIVISORS_OF_60 = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30]
const DIVISORS_OF_24 = [1, 2, 3, 4, 6, 8, 12]

const SCHEDULES = [
  ...DIVISORS_OF_60.map((n) => ({ intervalMs: n * 1_000, expression: `*/${n} * * * * *` })),
  ...DIVISORS_OF_60.map((n) => ({ intervalMs: n * 60_000, expression: `0 */${n} * * * *` })),
  ...DIVISORS_OF_24.map((n) => ({ intervalMs: n * 3_600_000, expression: `0 0 */${n} * * *` })),
]

const EVERY_SECOND = { intervalMs: 1_000, expression: '* * * * * *' }

/** The cron expression (with seconds) that repeats evenly, and as often as `intervalMs` asks for or a little more often. */
export const scheduleFor = (intervalMs: number): { intervalMs: number; expression: string } =>
  SCHEDULES.findLast((schedule) => schedule.intervalMs <= intervalMs) ?? EVERY_SECOND
