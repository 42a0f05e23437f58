import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { INGEST_COLUMNS, INGEST_TABLES } from '../../storage/ingest.ts'
import { bytesOf, encodeHeader } from './format.ts'

export const SEGMENT_SUFFIX = '.segment'
/** What one `writev` may take on every system (IOV_MAX). */
const MAX_VECTOR = 512

export type OpenFile = (path: string, flags: string) => Promise<FileHandle>

/** One segment being written. Frames count once `append` has returned; after an error the file is at most `length` long or torn. */
export class SegmentFile {
  readonly id: string
  readonly path: string
  readonly openedAt: number
  /** Bytes written completely and, if asked for, synced. */
  length = 0
  /** Days its rows touch. */
  readonly days = new Set<number>()
  readonly #handle: FileHandle
  readonly #sync: boolean

  private constructor(id: string, path: string, openedAt: number, handle: FileHandle, sync: boolean) {
    this.id = id
    this.path = path
    this.openedAt = openedAt
    this.#handle = handle
    this.#sync = sync
  }

  /** Creates the file with its header and makes its name durable. */
  static async create(
    { folder, openFile, sync }: { folder: string; openFile: OpenFile; sync: boolean },
    id: string,
    openedAt: number,
  ): Promise<SegmentFile> {
    const path = join(folder, id + SEGMENT_SUFFIX)
    const handle = await openFile(path, 'wx')
    const file = new SegmentFile(id, path, openedAt, handle, sync)
    try {
      const tables = INGEST_TABLES.map((table): [string, readonly string[]] => [table, INGEST_COLUMNS[table]])
      await file.#write([encodeHeader({ segment: id, openedAt, tables })])
      if (sync) await syncFolder(folder)
    } catch (error) {
      await handle.close().catch(() => {})
      await unlink(path).catch(() => {})
      throw error
    }
    return file
  }

  /** Writes the parts of frames and waits until they are durable. */
  async append(parts: Buffer[]): Promise<void> {
    await this.#write(parts)
  }

  /** Cuts off what a failed write left behind; best effort, since readers check every frame anyway. */
  async trim(): Promise<void> {
    await this.#handle.truncate(this.length).catch(() => {})
  }

  async close(): Promise<void> {
    await this.#handle.close()
  }

  async #write(buffers: Buffer[]): Promise<void> {
    const position = await writeParts(this.#handle, buffers, this.length)
    if (this.#sync) await this.#handle.datasync()
    this.length = position
  }
}

/** Writes all parts one after another from `start` on; resolves to the position behind them. */
export async function writeParts(handle: FileHandle, parts: readonly Buffer[], start: number): Promise<number> {
  let position = start
  for (let i = 0; i < parts.length; i += MAX_VECTOR) {
    position = await writeAll(handle, parts.slice(i, i + MAX_VECTOR), position)
  }
  return position
}

/** A write may stop short without an error, for instance just before a disk is full: go on until all is written. */
async function writeAll(handle: FileHandle, buffers: readonly Buffer[], start: number): Promise<number> {
  const end = start + bytesOf(buffers)
  let position = start + (await handle.writev(buffers, start)).bytesWritten
  let from = start
  for (const buffer of position < end ? buffers : []) {
    const to = from + buffer.length
    while (position < to) {
      const at = position - from
      position += (await handle.write(buffer, at, to - position, position)).bytesWritten
    }
    from = to
  }
  return end
}

/** Makes created and deleted names of a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
