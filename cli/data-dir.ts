import { accessSync, constants, mkdirSync } from 'node:fs'
import { resolve } from 'node:path'

const WHY: Record<string, string> = {
  EEXIST: 'a file is in its way',
  ENOTDIR: 'a file is in its way',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

/**
 * Makes the data directory, readable by its owner only, if it is not there.
 * @throws with a sentence for the user when nothing can be written in it
 */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw new Error(
      `the data directory ${resolve(dataDir)} cannot be used: ${WHY[code] ?? message}; set dataDir (or PLUMBLINE_DATA_DIR) to another one`,
      { cause: error },
    )
  }
}
