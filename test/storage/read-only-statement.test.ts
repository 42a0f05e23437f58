import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readEngineFacts } from '../../storage/engine-facts.ts'
import { refusalOf } from '../../storage/read-only-statement.ts'
import { testDatabase } from '../support/database.ts'

const TABLE_FUNCTIONS = new Set([
  'generateRandom',
  'file',
  'url',
  'remote',
  's3',
  'merge',
  'numbers',
  'eval',
  'values',
  'format',
  'view',
])
const refuse = (sql: string) => refusalOf(sql, TABLE_FUNCTIONS)

describe('statements that read the tables may run', () => {
  test.each([
    ['a plain select', 'SELECT count() FROM calls'],
    ['a parenthesised one', '(SELECT 1) UNION ALL (SELECT 2)'],
    ['with a closing semicolon', 'SELECT 1;\n'],
    ['a common table expression', 'WITH 5 AS n SELECT n'],
    ['what a client asks first', 'SELECT displayName(), version(), revision(), timezone()'],
    ['a list of tables', 'SHOW TABLES FROM "plumbline"'],
    ['columns of a table', 'DESCRIBE TABLE calls'],
    ['a plan', 'EXPLAIN SELECT 1'],
    ['an output format', 'SELECT 1 FORMAT Native'],
    ['dangerous words inside texts', `SELECT 'file(''/etc/passwd'')', 'it\\'s url(1)' AS note`],
    ['dangerous words inside comments', 'SELECT 1 -- file(1)\n/* url(2) */ + 1'],
    ['a column named like a table function', 'SELECT url, merge FROM calls WHERE url = 1'],
    ['computing table functions', 'SELECT number FROM numbers(10)'],
    ['a bound value', 'SELECT {since:DateTime}'],
    ['the table of settings', 'SELECT name FROM system.settings WHERE value = 1'],
    [
      "Grafana's ad-hoc filter",
      `SELECT 1 FROM calls settings additional_table_filters={'plumbline.calls' : ' service = \\'a\\' '}`,
    ],
    ['a column that is called default', 'SELECT default FROM calls'],
    ['a column that is called settings', 'SELECT settings FROM calls WHERE settings IN (1) ORDER BY settings DESC, a'],
    ['a table of settings by another name', 'SELECT s.name FROM system.settings s, calls'],
    ["Grafana's list of values", 'SELECT DISTINCT service FROM calls LIMIT 1000 SETTINGS max_execution_time=10'],
    ['a limit at its bound', 'SELECT 1 SETTINGS max_execution_time = 30'],
    ['a limit in a part of a second', 'SELECT 1 SETTINGS max_execution_time = 0.5'],
    ['a limit as a text', "SELECT 1 SETTINGS max_execution_time = '10', max_result_rows = '5'"],
    ['limits that nobody sets', 'SELECT 1 SETTINGS max_rows_to_read = 1000000000, limit = 5, max_threads = 1'],
    ['a limit inside', 'SELECT * FROM (SELECT 1 SETTINGS max_result_rows = 10) SETTINGS max_memory_usage = 1000000'],
    ['errors that are errors', "SELECT 1 SETTINGS timeout_overflow_mode = 'throw', max_execution_time = 5 FORMAT JSON"],
    ['how numbers are written', 'SELECT 1 SETTINGS output_format_json_quote_64bit_integers = 1'],
    ['settings of one half of a union', 'SELECT 1 SETTINGS join_use_nulls=1 UNION ALL SELECT a = 1, b FROM calls'],
  ])('%s', (_, sql) => {
    expect(refuse(sql)).toBeNull()
  })
})

describe('statements that reach beyond the tables are refused', () => {
  test.each([
    ['an insert', 'INSERT INTO calls SELECT 1', 'only SELECT'],
    ['a drop', 'DROP TABLE calls', 'only SELECT'],
    ['a setting for later', 'SET readonly = 0', 'only SELECT'],
    ['nothing at all', ' -- only a comment', 'only SELECT'],
    ['two statements', 'SELECT 1; SELECT 2', 'one statement'],
    ['a file as a table', "SELECT * FROM file('/etc/passwd', 'LineAsString')", 'reads files'],
    ['a file as a value', "SELECT file('/etc/passwd')", 'reads files'],
    ['a file by quoted name', "SELECT `file`('/etc/passwd')", 'reads files'],
    ['a file without a call', "SELECT arrayMap(file, ['/etc/passwd'])", 'reads files'],
    ['a file through APPLY', "SELECT * APPLY(FILE) FROM (SELECT '/etc/passwd')", 'reads files'],
    ['a file behind a comment', "SELECT file/**/('/etc/passwd')", 'reads files'],
    ['an escaped name', 'SELECT "f\\x69le"(\'/etc/passwd\')', 'cannot be read'],
    ['a wait', 'SELECT sleep(3)', 'holds a place'],
    ['a wait for each row', 'SELECT sleepEachRow(1) FROM numbers(100)', 'holds a place'],
    ['a wait in capitals', 'SELECT SLEEP(3)', 'holds a place'],
    ['a wait without a call', 'SELECT arrayMap(sleep, [3])', 'holds a place'],
    ['a wait by quoted name', 'SELECT `sleepEachRow`(3)', 'holds a place'],
    [
      'a call that nothing can stop',
      "SELECT editDistance(repeat('a', 60000), repeat('b', 60000))",
      'cannot be stopped',
    ],
    ['another one', 'SELECT arrayFold((a, x) -> a + x, range(3000000), 0)', 'cannot be stopped'],
    ['rows made up', 'SELECT * FROM generateRandom(1)', 'generateRandom is not available'],
    ['a language model', "SELECT aiGenerate('a', 'b')", 'asks an address'],
    ['an address', "SELECT * FROM url('http://169.254.169.254/')", 'url is not available'],
    ['an address in capitals', "SELECT * FROM URL ('http://169.254.169.254/')", 'URL is not available'],
    ['an address in a subquery', "SELECT (SELECT * FROM remote('10.0.0.1', system.one))", 'remote is not available'],
    ['a text run as a statement', "SELECT * FROM eval('SELECT 1')", 'eval is not available'],
    ['the file system as a database', 'SELECT * FROM default.`/etc/passwd`', 'database default'],
    ['the same by quoted name', 'SELECT * FROM "default" . "/etc/passwd"', 'database default'],
    ['a name as a parameter', 'SELECT * FROM {d:Identifier}.{t:Identifier}', 'type Identifier'],
    ['an output file', "SELECT 1 INTO OUTFILE '/tmp/x'", 'writes files'],
    ['a bound lifted', 'SELECT 1 SETTINGS max_execution_time = 0', 'max_execution_time cannot'],
    ['a bound lifted inside', 'SELECT * FROM (SELECT 1 SETTINGS readonly=0)', 'readonly cannot'],
    ['a bound lifted by quoted name', 'SELECT 1 settings `max_memory_usage`=0', 'max_memory_usage cannot'],
    ['a bound lifted after a harmless one', 'SELECT 1 SETTINGS join_use_nulls=1, max_threads=99', 'max_threads cannot'],
    [
      'a bound raised',
      'SELECT 1 SETTINGS max_execution_time = 31',
      'max_execution_time cannot be changed here, only lowered: say 1 to 30',
    ],
    ['a bound raised by a large number', 'SELECT 1 SETTINGS max_execution_time = 1e9', 'max_execution_time cannot'],
    ['a bound raised in another base', 'SELECT 1 SETTINGS max_execution_time = 0xFF', 'max_execution_time cannot'],
    ['a bound raised below nothing', 'SELECT 1 SETTINGS max_execution_time = -1', 'max_execution_time cannot'],
    ['a bound raised by a sum', 'SELECT 1 SETTINGS max_execution_time = 10 + 90', 'max_execution_time cannot'],
    ['a bound raised by a text', "SELECT 1 SETTINGS max_execution_time = '100'", 'max_execution_time cannot'],
    ['a bound raised by a parameter', 'SELECT 1 SETTINGS max_execution_time = {n:UInt32}', 'max_execution_time cannot'],
    ['a bound lifted by nothing', 'SELECT 1 SETTINGS max_result_rows = 0', 'max_result_rows cannot'],
    ['a bound lifted by a text', "SELECT 1 SETTINGS max_rows_to_read = ''", 'max_rows_to_read cannot'],
    [
      'a bound lowered, then lifted',
      'SELECT 1 SETTINGS max_execution_time=1, max_execution_time=0',
      'max_execution_time cannot',
    ],
    ['memory beyond a share', 'SELECT 1 SETTINGS max_memory_usage = 1000000000', 'max_memory_usage cannot'],
    [
      'a part as the whole',
      "SELECT 1 SETTINGS timeout_overflow_mode = 'break'",
      "timeout_overflow_mode cannot be changed here; it is 'throw'",
    ],
    ['a setting with the name of an object', 'SELECT 1 SETTINGS constructor = 1', 'constructor cannot'],
    [
      'a bound lifted after a switch without value',
      'SELECT 1 SETTINGS join_use_nulls, max_execution_time=0',
      'say a value',
    ],
    ['the same in a subquery', 'SELECT * FROM (SELECT 1 SETTINGS join_use_nulls, readonly=0)', 'say a value'],
    ['the same behind a number', 'SELECT 1. SETTINGS limit, max_execution_time=0', 'say a value'],
    ['a switch alone', 'SELECT 1 SETTINGS allow_introspection_functions', 'say a value'],
    ['a switch at the end', 'SELECT 1 SETTINGS join_use_nulls=1, allow_ddl', 'allow_ddl cannot'],
    [
      'a file inside a filter',
      `SELECT 1 SETTINGS additional_table_filters={'t':'file(\\'/etc/passwd\\') != \\'\\''}`,
      'reads files',
    ],
    ['another kind of literal', "SELECT x'41'", 'put a space'],
    ['a heredoc', 'SELECT $$a$$', 'cannot be read'],
    ['typographic quotes', 'SELECT ‘a’', 'cannot be read'],
    ['a comment in a comment', 'SELECT 1 /* /* */ */', 'cannot be read'],
    ['a shell comment', 'SELECT 1 # file\n', 'cannot be read'],
    ['an open text', "SELECT 'a", 'cannot be read'],
  ])('%s', (_, sql, reason) => {
    expect(refuse(sql)).toContain(reason)
  })
})

test('an SLI of its own bounds may lower these, and not reach those of a guest', () => {
  const limits = { max_execution_time: 10 }
  expect(refusalOf('SELECT 1 SETTINGS max_execution_time = 10', TABLE_FUNCTIONS, limits)).toBeNull()
  expect(refusalOf('SELECT 1 SETTINGS max_execution_time = 11', TABLE_FUNCTIONS, limits)).toContain('say 1 to 10')
  expect(refusalOf('SELECT 1 SETTINGS max_result_rows = 1', TABLE_FUNCTIONS, limits)).toContain(
    'max_result_rows cannot',
  )
})

const PIECES = [
  "'",
  '"',
  '`',
  '\\',
  '--',
  '/*',
  '*/',
  '\n',
  ' ',
  '(',
  ')',
  ',',
  "'a'",
  '$$',
  '#',
  ';',
  'x',
  '1',
  '.',
  ' AS a ',
]

describe('whatever surrounds a call of file()', () => {
  const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((list) => list.join(''))

  test('a statement that is let through does not read the file', async () => {
    await using store = await testDatabase()
    const secret = join(await mkdtemp(join(tmpdir(), 'plumbline-secret-')), 'file')
    await writeFile(secret, 'TOP-SECRET')
    const { tableFunctions: names } = await readEngineFacts(store.db)
    let passed = 0
    await fc.assert(
      fc.asyncProperty(pieces, pieces, pieces, async (before, between, after) => {
        const sql = `SELECT 1 ${before} file${between}('${secret}') ${after}`
        if (refusalOf(sql, names) !== null) return
        passed += 1
        const answer = await fetch(store.url, { method: 'POST', body: sql })
        expect(await answer.text()).not.toContain('TOP-SECRET')
      }),
      { numRuns: 5_000 },
    )
    expect(passed).toBeGreaterThan(0)
    await rm(dirname(secret), { recursive: true })
  })
})

test('the engine knows the table functions the check must know', async () => {
  await using store = await testDatabase()
  const { tableFunctions: names } = await readEngineFacts(store.db)
  for (const name of ['file', 'url', 'remote', 's3', 'eval', 'executable', 'merge']) expect(names).toContain(name)
  expect(refusalOf('SELECT * FROM executable(1)', names)).toContain('executable')
})
