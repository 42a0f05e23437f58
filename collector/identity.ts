import { randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** This collector's name in `ingest_log`: made once per data directory, so that a restart is the same collector. */
export async function collectorIdentity(dataDir: string): Promise<string> {
  const path = join(dataDir, 'collector-id')
  try {
    const id = (await readFile(path, 'utf8')).trim()
    if (id !== '') return id
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const id = randomUUID()
  await writeFile(path, `${id}\n`, { flush: true })
  return id
}
