import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { insertRows, type RowBatch } from '../../storage/ingest.ts'
import type { Db } from '../../storage/query.ts'
import { onDisk } from './disk-fault.ts'
import { writeParts } from './segment-file.ts'

/** How rows reach ClickHouse. */
export interface Way {
  /** Where the embedded engine reads files; null: rows are the body of the request. */
  inbox: string | null
  /** For a server on another machine. */
  compress: boolean
}

/** Rows in pieces, some at a time, which need not end where a row does. By path each is written before the next is asked for. */
export type Pieces = AsyncIterable<readonly Buffer[]> | Iterable<readonly Buffer[]>

/** Stores the rows as one insert. Throws what `insertRows` throws, and `DiskFault`. */
export async function sendRows(
  db: Db,
  { inbox, compress }: Way,
  batch: Omit<RowBatch, 'rows' | 'compress'>,
  pieces: Pieces,
): Promise<void> {
  if (inbox === null) {
    const rows = Readable.from(oneByOne(pieces), { objectMode: false })
    return insertRows(db, { ...batch, rows, compress })
  }
  // A name of its own for every attempt: the engine may still read the file of one that was given up.
  const inboxFile = randomBytes(16).toString('hex')
  const path = join(inbox, inboxFile)
  try {
    await onDisk(`write ${path}`, () => writeFile(path, pieces))
    await insertRows(db, { ...batch, rows: { inboxFile } })
  } finally {
    await rm(path, { force: true })
  }
}

async function* oneByOne(pieces: Pieces): AsyncGenerator<Buffer> {
  for await (const some of pieces) yield* some
}

async function writeFile(path: string, pieces: Pieces): Promise<void> {
  const handle = await open(path, 'wx')
  try {
    let position = 0
    for await (const some of pieces) position = await writeParts(handle, some, position)
  } finally {
    await handle.close()
  }
}
