import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from './engine-errors.ts'
import type { SpoolFile } from './spool.ts'

/**
 * A folder of the data directory in which a program on this machine lays rows, so that they need not go through a socket
 * and be written once more: `INSERT INTO t (columns) FORMAT RowBinary` with the URL's parameter `rows_file=<name>` and
 * without a body. The engine reads the file; its owner removes it.
 */
const FOLDER = 'inbox'
const URL_FILE = 'engine-url'
const NAME = /^[\w-]+$/

/** Which engine reads from here is written into the folder: a collector that was given another server must not use it. */
export async function openInbox(dataDir: string, url: string): Promise<string> {
  const folder = join(dataDir, FOLDER)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await writeFile(join(folder, URL_FILE), url)
  return folder
}

/** The inbox of the engine that answers at `url`, emptied; null when none on this data directory does. */
export async function findInbox(dataDir: string, url: string): Promise<string | null> {
  const folder = join(dataDir, FOLDER)
  const reader = await readFile(join(folder, URL_FILE), 'utf8').catch(() => null)
  if (reader !== url.replace(/\/$/, '')) return null
  for (const name of await readdir(folder)) if (name !== URL_FILE) await rm(join(folder, name))
  return folder
}

/** A file of the inbox as the rows of an insert. */
export async function fileIn(folder: string, name: string): Promise<SpoolFile> {
  if (!NAME.test(name)) throw new EngineError(36, 'BAD_ARGUMENTS', `rows_file '${name}' is no plain name`)
  const path = join(folder, name)
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : -1),
    () => -1,
  )
  if (size < 0) throw new EngineError(107, 'FILE_DOESNT_EXIST', `rows_file '${name}' is not in ${folder}`)
  return { path, bytes: size, [Symbol.asyncDispose]: async () => {} }
}
