import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const MARK = '.plumbline-demo'

/**
 * Empties the demo's data directory, so that every run starts with the same two hours and no old pages.
 * Call it before Plumbline starts. Only a directory that an earlier demo marked as its own is emptied.
 * @throws when the directory holds something else
 */
export async function freshStore(dataDir: string): Promise<void> {
  const entries = await readdir(dataDir).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (entries.length > 0 && !entries.includes(MARK)) {
    throw new Error(
      `${dataDir} holds data that no demo made; move it away, or give the demo another dataDir (PLUMBLINE_DATA_DIR)`,
    )
  }
  await rm(dataDir, { recursive: true, force: true })
  await mkdir(dataDir, { recursive: true })
  await writeFile(join(dataDir, MARK), 'Made by `plumbline demo`, emptied by the next one.\n')
}
