import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { insertRows, type RowBatch } from '../../storage/ingest.ts'
import type { Db } from '../../storage/query.ts'
import { writeParts } from './segment-file.ts'

/** How rows reach ClickHouse. */
export interface Way {
  /** Where the embedded engine reads files; null: rows are the body of the request. */
  inbox: string | null
  /** For a server on another machine. */
  compress: boolean
}

/** Stores the parts as one insert. */
export async function sendRows(
  db: Db,
  { inbox, compress }: Way,
  batch: Omit<RowBatch, 'rows' | 'compress'>,
  parts: readonly Buffer[],
): Promise<void> {
  if (inbox === null) return insertRows(db, { ...batch, rows: Readable.from(parts, { objectMode: false }), compress })
  // A name of its own for every attempt: the engine may still read the file of one that was given up.
  const inboxFile = randomBytes(16).toString('hex')
  const path = join(inbox, inboxFile)
  try {
    const handle = await open(path, 'wx')
    try {
      await writeParts(handle, parts, 0)
    } finally {
      await handle.close()
    }
    await insertRows(db, { ...batch, rows: { inboxFile } })
  } finally {
    await rm(path, { force: true })
  }
}
