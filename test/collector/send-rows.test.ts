import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DiskFault } from '../../collector/segment/disk-fault.ts'
import { sendRows } from '../../collector/segment/send-rows.ts'
import { connect, embeddedServer } from '../../storage/client.ts'
import { type Embedded, startEmbedded } from '../../storage/embedded/embedded.ts'
import { findInbox } from '../../storage/embedded/inbox.ts'
import type { Db } from '../../storage/query.ts'

let dataDir: string
let engine: Embedded
let db: Db
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'plumbline-inbox-'))
  engine = await startEmbedded({ dataDir, port: 0 })
  db = connect({ ...embeddedServer(engine.url), database: 'default' })
  await db.command({
    query: `CREATE TABLE words (number UInt8, word LowCardinality(String)) ENGINE = MergeTree ORDER BY number SETTINGS non_replicated_deduplication_window = 100`,
  })
})
afterAll(async () => {
  await db.close()
  await engine.stop()
  await rm(dataDir, { recursive: true, force: true })
})

const BATCH = { table: 'words', columns: ['number', 'word'] }
/** Rows of (number, 'ab') in parts that end in the middle of a row. */
const partsOf = (...numbers: number[]) => {
  const rows = Buffer.concat(numbers.map((number) => Buffer.from([number, 2, 97, 98])))
  return [rows.subarray(0, 3), rows.subarray(3)]
}
const stored = async () =>
  (await db.query({ query: 'SELECT number, word FROM words ORDER BY number', format: 'JSONEachRow' })).json()

test('rows go by path, as a body, and compressed: each batch once by its token, whichever way it is repeated', async () => {
  const inbox = (await findInbox(dataDir, engine.url))!
  const ways = [
    { inbox, compress: false },
    { inbox: null, compress: false },
    { inbox: null, compress: true },
  ]
  for (const [number, first] of ways.entries()) {
    for (const way of [first, ...ways])
      await sendRows(db, way, { ...BATCH, token: `t${number}` }, [partsOf(number, 10 + number)])
  }
  expect(await stored()).toEqual([0, 1, 2, 10, 11, 12].map((number) => ({ number, word: 'ab' })))
  expect(await readdir(inbox)).toEqual(['engine-url'])
})

test('what cannot be stored leaves no file behind', async () => {
  const inbox = (await findInbox(dataDir, engine.url))!
  const torn = [Buffer.from([1, 5, 97])]
  await expect(sendRows(db, { inbox, compress: false }, { ...BATCH, token: 'torn' }, [torn])).rejects.toMatchObject({
    code: '33',
  })
  await expect(
    sendRows(db, { inbox, compress: false }, { ...BATCH, table: 'nowhere', token: 'n' }, [partsOf(1)]),
  ).rejects.toMatchObject({ code: '60' })
  expect(await readdir(inbox)).toEqual(['engine-url'])
})

test.each(['by path', 'as a body', 'compressed'])(
  'rows that cannot be read to their end, %s: nothing is stored',
  async (by) => {
    const inbox = by === 'by path' ? await findInbox(dataDir, engine.url) : null
    const fault = new DiskFault('cannot read a segment: EIO')
    async function* broken() {
      yield partsOf(200)
      throw fault
    }
    const before = await stored()
    const batch = { ...BATCH, token: `broken ${by}` }
    await expect(sendRows(db, { inbox, compress: by === 'compressed' }, batch, broken())).rejects.toBe(fault)
    expect(await stored()).toEqual(before)
  },
)

test('an inbox that cannot be written is the fault of the disk, not of ClickHouse', async () => {
  const inbox = join(dataDir, 'no', 'such', 'folder')
  const sent = sendRows(db, { inbox, compress: false }, { ...BATCH, token: 'f' }, [partsOf(1)])
  await expect(sent).rejects.toBeInstanceOf(DiskFault)
})

test('an inbox belongs to the engine that wrote its address into it, and is found empty', async () => {
  await writeFile(join(dataDir, 'inbox', 'left-behind'), 'rows')
  expect(await findInbox(dataDir, 'http://127.0.0.1:1')).toBeNull()
  expect(await findInbox(tmpdir(), engine.url)).toBeNull()
  expect(await readdir((await findInbox(dataDir, `${engine.url}/`))!)).toEqual(['engine-url'])
})

test.each([
  ['../segments/x', /no plain name/],
  ['/etc/passwd', /no plain name/],
  ['missing', /not in/],
])('a file %s is not read', async (name, message) => {
  const url = `${engine.url}/?rows_file=${encodeURIComponent(name)}`
  const response = await fetch(url, { method: 'POST', body: 'INSERT INTO words (number, word) FORMAT RowBinary' })
  expect(response.status).toBeGreaterThanOrEqual(400)
  expect(await response.text()).toMatch(message)
})
