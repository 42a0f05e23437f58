import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quoteName, quoteString, tokenize } from '../../storage/embedded/sql-tokens.ts'
import { parseStatement } from '../../storage/embedded/statement.ts'
import { refuseReaching } from '../../storage/embedded/statement-guard.ts'

describe('an insert is split from its rows', () => {
  const rows: [string, string, { head: string; settings?: string; format: string; data: string }][] = [
    [
      'FORMAT and a line break',
      'INSERT INTO t FORMAT JSONEachRow\n{"a":1}',
      { head: 'INSERT INTO t', format: 'JSONEachRow', data: '{"a":1}' },
    ],
    [
      'only one line break belongs to the statement',
      'INSERT INTO t FORMAT RowBinary\r\n\nx',
      { head: 'INSERT INTO t', format: 'RowBinary', data: '\nx' },
    ],
    [
      'VALUES on the same line',
      "insert into t values (1, 'a;b')",
      { head: 'insert into t', format: 'Values', data: "(1, 'a;b')" },
    ],
    [
      'columns, some of them named like clauses',
      'INSERT INTO db.t (`format`, values, select) FORMAT TSV\n1',
      { head: 'INSERT INTO db.t (`format`, values, select)', format: 'TSV', data: '1' },
    ],
    [
      'settings move behind the source of the rows',
      "INSERT INTO t (a) SETTINGS insert_deduplication_token = 'FORMAT x', async_insert = 0 FORMAT Native\n",
      {
        head: 'INSERT INTO t (a)',
        settings: "SETTINGS insert_deduplication_token = 'FORMAT x', async_insert = 0",
        format: 'Native',
        data: '',
      },
    ],
    [
      'a table named like a clause',
      'INSERT INTO `values` FORMAT CSV\n1',
      { head: 'INSERT INTO `values`', format: 'CSV', data: '1' },
    ],
    [
      'a table in a database named like a clause',
      'INSERT INTO select.format FORMAT CSV\n1',
      { head: 'INSERT INTO select.format', format: 'CSV', data: '1' },
    ],
    [
      'a bound table name',
      'INSERT INTO {table:Identifier} FORMAT CSV 1',
      { head: 'INSERT INTO {table:Identifier}', format: 'CSV', data: '1' },
    ],
    [
      'comments before and inside',
      '-- FORMAT x\nINSERT /* VALUES */ INTO t FORMAT CSV\n1',
      { head: '-- FORMAT x\nINSERT /* VALUES */ INTO t', format: 'CSV', data: '1' },
    ],
  ]
  test.each(rows)('%s', (_, sql, { head, settings = '', format, data }) => {
    const statement = parseStatement(sql)
    expect(statement).toMatchObject({ kind: 'insert', head, settings, format })
    expect(statement.kind === 'insert' && sql.slice(statement.dataStart)).toBe(data)
  })

  test('the rows are never tokenized: a gigabyte of them costs nothing', () => {
    const sql = `INSERT INTO t FORMAT CSV\n${"'".repeat(1_000_000)}`
    expect(parseStatement(sql)).toMatchObject({ kind: 'insert', dataStart: 'INSERT INTO t FORMAT CSV\n'.length })
  })
})

describe('other statements', () => {
  const rows: [string, string, { kind: string; format: string | null; several: boolean }][] = [
    ['a query with a format', 'SELECT 1 FORMAT JSON', { kind: 'read', format: 'JSON', several: false }],
    [
      'settings after the format',
      'SELECT 1 FORMAT JSON SETTINGS max_threads = 1;',
      { kind: 'read', format: 'JSON', several: false },
    ],
    ['a column called format', 'SELECT format, x FROM t', { kind: 'read', format: null, several: false }],
    ['a union in brackets', '(SELECT 1) UNION ALL (SELECT 2)', { kind: 'read', format: null, several: false }],
    ['a query that writes', 'WITH 1 AS x INSERT INTO t SELECT x', { kind: 'other', format: null, several: false }],
    ['an insert from a query', 'INSERT INTO t SELECT 1', { kind: 'other', format: null, several: false }],
    ['DDL', 'CREATE TABLE t (a Int8) ENGINE = Memory', { kind: 'other', format: null, several: false }],
    ['a second statement', 'SELECT 1; DROP TABLE t', { kind: 'read', format: null, several: true }],
    ['a semicolon in a string', "SELECT ';', 1", { kind: 'read', format: null, several: false }],
    ['a semicolon in a comment', 'SELECT 1; -- and ; so on', { kind: 'read', format: null, several: false }],
    ['no SQL at all', '}{ ¯\\_(ツ)_/¯', { kind: 'other', format: null, several: false }],
  ]
  test.each(rows)('%s', (_, sql, expected) => {
    expect(parseStatement(sql)).toEqual({ ...expected })
  })
})

describe('tokens', () => {
  test('no text crashes the tokenizer, and tokens cover it in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        let end = 0
        for (const token of tokenize(text)) {
          expect(token.start).toBeGreaterThanOrEqual(end)
          expect(token.text).toBe(text.slice(token.start, token.end))
          end = token.end
        }
      }),
    )
  })

  test('whatever is quoted is one token', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([...tokenize(quoteString(text))].map(({ kind }) => kind)).toEqual(['string'])
        expect([...tokenize(quoteName(text))].map(({ kind }) => kind)).toEqual(['quoted'])
      }),
    )
  })
})

describe('files of the machine stay out of reach', () => {
  const refused = [
    "SELECT file('/etc/passwd')",
    "SELECT `file` ('/etc/passwd')",
    'SELECT "file"/* x */(\'/etc/passwd\')',
    "SELECT file -- (\n ('/etc/passwd')",
    "SELECT file # x\n('/etc/passwd')",
    "SELECT `f\\x69le`('/etc/passwd')",
    "SELECT 1 INTO OUTFILE '/tmp/x'",
    "SELECT 1 INTO/**/outfile'/tmp/x'",
    "INSERT INTO t FROM INFILE '/etc/passwd' FORMAT LineAsString",
  ]
  test.each(refused)('refused: %s', (sql) => {
    expect(() => refuseReaching(sql)).toThrow(expect.objectContaining({ code: 497 }))
  })

  const allowed = [
    'SELECT file FROM profile WHERE file = 1',
    "SELECT 'outfiles', profile(1), `a\\`b` FROM t",
    'INSERT INTO t (a, b)',
    'SELECT {file:String}',
  ]
  test.each(allowed)('allowed: %s', (sql) => {
    expect(() => refuseReaching(sql)).not.toThrow()
  })
})
