import { describe, expect, test } from 'vitest'
import { plainType, rowsWork } from '../../storage/embedded/plain-rows.ts'
import { parseStatement } from '../../storage/embedded/statement.ts'

describe('the plain form of a type has the same bytes in RowBinary', () => {
  test.each([
    ['String', 'String'],
    ['LowCardinality(String)', 'String'],
    ['LowCardinality(FixedString(16))', 'FixedString(16)'],
    ['LowCardinality(Nullable(String))', 'Nullable(String)'],
    ['Map(LowCardinality(String), String)', 'Map(String, String)'],
    ['Array(Map(LowCardinality(String), LowCardinality(Nullable(String))))', 'Array(Map(String, Nullable(String)))'],
    ['Tuple(a LowCardinality(String), b Array(LowCardinality(String)))', 'Tuple(a String, b Array(String))'],
    ["Enum8('LowCardinality' = 1)", "Enum8('LowCardinality' = 1)"],
    ["DateTime64(9, 'UTC')", "DateTime64(9, 'UTC')"],
  ])('%s → %s', (type, plain) => {
    expect(plainType(type)).toBe(plain)
  })
})

describe('inserts that go this way', () => {
  const INFILE = "FROM INFILE '/f' COMPRESSION 'none'"
  const work = (sql: string) => {
    const statement = parseStatement(sql)
    if (statement.kind !== 'insert') throw new Error(`${sql} is no insert`)
    return rowsWork(statement, INFILE)
  }
  const wanted = (fields: object) => ({ table: 't', columns: 'a, b', settings: '', infile: INFILE, ...fields })

  test.each([
    ['INSERT INTO t (a, b) FORMAT RowBinary', wanted({})],
    ['insert into table `t` (a, b) format RowBinary', wanted({ table: '`t`' })],
    ['INSERT INTO `my db`.`t` (`a`, `n.b`) FORMAT RowBinary', wanted({ table: '`my db`.`t`', columns: '`a`, `n.b`' })],
    ['INSERT INTO t(a, b) SETTINGS x = 1 FORMAT RowBinary', wanted({ settings: 'SETTINGS x = 1' })],
  ])('%s', (sql, expected) => {
    expect(work(sql)).toEqual(expected)
  })

  test.each([
    ['another format', 'INSERT INTO t (a, b) FORMAT Native'],
    ['no names of columns', 'INSERT INTO t FORMAT RowBinary'],
    ['columns left out', 'INSERT INTO t (* EXCEPT(a)) FORMAT RowBinary'],
    ['a function', "INSERT INTO FUNCTION remote('h', 'd', 't') (a) FORMAT RowBinary"],
    ['values', 'INSERT INTO t (a, b) VALUES (1, 2)'],
  ])('not with %s', (_, sql) => {
    expect(work(sql)).toBeNull()
  })
})
