import { parseError } from '@clickhouse/client'
import { describe, expect, test } from 'vitest'
import { EngineError, errorBody, fromChdb, httpStatus } from '../../storage/embedded/engine-errors.ts'

const VERSION = '26.7.2.1'

describe('what chDB throws becomes what a ClickHouse server answers', () => {
  const rows: [string, string, { code: number; codeName: string; message: string }][] = [
    [
      'said once',
      "Code: 60. DB::Exception: Unknown table expression identifier 'nope'. (UNKNOWN_TABLE)",
      { code: 60, codeName: 'UNKNOWN_TABLE', message: "Unknown table expression identifier 'nope'." },
    ],
    [
      'said twice, with the version between',
      'Query failed: Code: 117. DB::Exception: Code: 117. DB::Exception: Bad row (1). (INCORRECT_DATA) (version 26.7.2.1). (INCORRECT_DATA)',
      { code: 117, codeName: 'INCORRECT_DATA', message: 'Bad row (1).' },
    ],
    [
      'over several lines',
      'Code: 27. DB::Exception: Cannot parse:\nRow 1:\nColumn 0. (CANNOT_PARSE_INPUT_ASSERTION_FAILED)',
      { code: 27, codeName: 'CANNOT_PARSE_INPUT_ASSERTION_FAILED', message: 'Cannot parse:\nRow 1:\nColumn 0.' },
    ],
    [
      'a code quoted by the message',
      'Code: 279. DB::Exception: All tries failed: Code: 210. DB::Exception: refused. (NETWORK_ERROR). (ALL_CONNECTION_TRIES_FAILED)',
      {
        code: 279,
        codeName: 'ALL_CONNECTION_TRIES_FAILED',
        message: expect.stringContaining('All tries failed') as never,
      },
    ],
    [
      'not from the engine at all',
      'socket hang up (ECONNRESET)',
      { code: 1002, codeName: 'UNKNOWN_EXCEPTION', message: 'socket hang up (ECONNRESET)' },
    ],
  ]
  test.each(rows)('%s', (_, thrown, expected) => {
    expect(fromChdb(new Error(thrown))).toMatchObject(expected)
  })

  test('the client reads code, type and text back', () => {
    const body = errorBody(new EngineError(60, 'UNKNOWN_TABLE', 'Table x does not exist'), VERSION)
    expect(body).toBe('Code: 60. DB::Exception: Table x does not exist. (UNKNOWN_TABLE) (version 26.7.2.1)\n')
    expect(parseError(body)).toMatchObject({ code: '60', type: 'UNKNOWN_TABLE', message: 'Table x does not exist. ' })
  })
})

test('statuses follow the kind of error', () => {
  expect([62, 60, 497, 159, 307, 48, 202, 241].map(httpStatus)).toEqual([400, 404, 403, 408, 413, 501, 503, 500])
})
