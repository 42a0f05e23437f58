import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { selectUserMinutes } from '../../storage/sql-source.ts'
import { testDatabase } from '../support/database.ts'
import { callRow, storeCalls } from './calls.ts'

const T0 = Date.parse('2026-01-01T12:00:00Z')
const RANGE = { from: new Date(T0), to: new Date(T0 + 3_600_000) }

let store: Awaited<ReturnType<typeof testDatabase>>
beforeAll(async () => {
  store = await testDatabase()
  await storeCalls(
    store.db,
    [0, 1, 61].map((second) => callRow({ ts: T0 + second * 1_000, outcome: second === 1 ? 'timeout' : 'ok' })),
    'calls',
  )
})
afterAll(() => store[Symbol.asyncDispose]())

const run = async (query: string) =>
  (await selectUserMinutes(store.db, { query }, RANGE)).map(
    ({ minute, good, total }) => `${(minute.getTime() - T0) / 60_000}:${good}/${total}`,
  )
const BOUND = 'ts >= {from:DateTime} AND ts < {to:DateTime}'

describe("an author's SELECT is counted", () => {
  const ROWS: Record<string, [query: string, expected: string[]]> = {
    'by its minutes': [
      `SELECT toStartOfMinute(toDateTime(ts)) AS minute, countIf(outcome = 'ok') AS good, count() AS total FROM calls WHERE ${BOUND} GROUP BY minute`,
      ['0:1/2', '1:1/1'],
    ],
    'adding up rows of one minute, whatever their order': [
      `SELECT toDateTime(ts) AS minute, outcome = 'ok' AS good, 1 AS total FROM calls WHERE ${BOUND} ORDER BY ts DESC`,
      ['0:1/2', '1:1/1'],
    ],
    'with columns in any order and a comment at the end': [
      `SELECT 3 AS total, toStartOfMinute(toDateTime(ts)) AS minute, 2 AS good FROM calls WHERE ${BOUND} AND outcome = 'timeout' -- all`,
      ['0:2/3'],
    ],
    'with a WITH before it': [
      `WITH own AS (SELECT * FROM calls WHERE ${BOUND}) SELECT toStartOfMinute(toDateTime(ts)) AS minute, 1 AS good, 1 AS total FROM own WHERE outcome = 'timeout'`,
      ['0:1/1'],
    ],
    'with a last semicolon': [`SELECT {from:DateTime} AS minute, 1 AS good, 1 AS total; `, ['0:1/1']],
    'without rows as nothing': [
      `SELECT toDateTime(ts) AS minute, 1 AS good, 1 AS total FROM calls WHERE ${BOUND} AND false`,
      [],
    ],
  }
  for (const [title, [query, expected]] of Object.entries(ROWS)) {
    test(title, async () => expect(await run(query)).toEqual(expected))
  }
})

describe('is refused, with words for the author, when it', () => {
  const asked = 'minute >= {from:DateTime} AND minute < {to:DateTime}'
  const ROWS: Record<string, [query: string, words: RegExp]> = {
    writes: [`INSERT INTO calls SELECT * FROM calls`, /it is no SELECT/],
    'drops behind a second statement': [`SELECT 1 AS minute, 1 AS good, 1 AS total; DROP TABLE calls`, /one statement/],
    'leaves the brackets it is put into': [
      `SELECT 1 AS minute, 1 AS good, 1 AS total) AS a; DROP TABLE calls; SELECT (1`,
      /one statement/,
    ],
    'reads a file': [`SELECT now() AS minute, 1 AS good, 1 AS total FROM file('/etc/passwd')`, /file reads files/],
    'calls an address': [
      `SELECT now() AS minute, 1 AS good, 1 AS total FROM url('http://127.0.0.1/', 'CSV', 'a String')`,
      /url is not available/,
    ],
    'lifts its limits': [
      `SELECT now() AS minute, 1 AS good, 1 AS total SETTINGS max_execution_time = 0`,
      /max_execution_time cannot be changed/,
    ],
    'asks for a column that is not there': [
      `SELECT toDateTime(ts) AS minute, oks AS good, 1 AS total FROM calls`,
      /oks/,
    ],
    'does not say how many were good': [
      `SELECT toDateTime(ts) AS minute, 1 AS total FROM calls WHERE ${BOUND}`,
      /good/,
    ],
    'reads a table that is not there': [`SELECT minute, good, total FROM shop.orders WHERE ${asked}`, /shop/],
    'answers minutes that were not asked for': [
      `SELECT toDateTime('2025-01-01 00:00:00') AS minute, 1 AS good, 1 AS total`,
      /2025-01-01T00:00:00.000Z, which was not asked for/,
    ],
    'answers NULL': [`SELECT {from:DateTime} AS minute, NULL AS good, 1 AS total`, /without a number/],
    'answers infinity': [`SELECT {from:DateTime} AS minute, 1 / 0 AS good, 1 AS total`, /without a number/],
    'answers words': [`SELECT {from:DateTime} AS minute, 'many' AS good, 1 AS total`, /many/],
    'answers more rows than fit': [
      `SELECT {from:DateTime} AS minute, 1 AS good, number AS total FROM numbers(200000)`,
      /TOO_MANY_ROWS/,
    ],
    'takes more memory than it may': [
      `SELECT {from:DateTime} AS minute, 1 AS good, length(groupArray(repeat(toString(number), 100))) AS total FROM numbers(20000000)`,
      /MEMORY_LIMIT|TOO_MANY/,
    ],
    'cannot be read': [`SELEKT`, /it is no SELECT/],
  }
  for (const [title, [query, words]] of Object.entries(ROWS)) {
    test(title, async () => {
      await expect(run(query)).rejects.toThrow(words)
      await expect(run(query)).rejects.toMatchObject({ name: 'Unmeasurable' })
    })
  }

  test('and nothing was changed', async () => {
    const left = await store.db.query({ query: 'SELECT toUInt32(count()) AS calls FROM calls', format: 'JSONEachRow' })
    expect(await left.json()).toEqual([{ calls: 3 }])
  })
})
