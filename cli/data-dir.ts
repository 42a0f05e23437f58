import { accessSync, chmodSync, constants, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'

const WHY: Record<string, string> = {
  EEXIST: 'a file is in its way',
  ENOTDIR: 'a file is in its way',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
}

const STICKY = 0o1000
const OTHERS = 0o077

/**
 * Makes the data directory if it is not there. Its owner alone may enter it, and read the files in it, which hold keys and
 * passwords: rights that others have on a directory that exists are taken away.
 * @returns why others may still read in it, in words; null when they may not
 * @throws with a sentence for the user when nothing can be written in it
 */
export function makeDataDir(dataDir: string): string | null {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.W_OK | constants.X_OK)
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw unusable(dataDir, WHY[code] ?? message, error)
  }
  if (statSync(dataDir).mode & STICKY) throw unusable(dataDir, 'all users of the machine share it')
  return tighten(dataDir)
}

function tighten(dataDir: string): string | null {
  const files = readdirSync(dataDir, { withFileTypes: true }).filter((entry) => entry.isFile())
  try {
    for (const path of [dataDir, ...files.map(({ name }) => join(dataDir, name))]) {
      const { mode } = statSync(path)
      if (mode & OTHERS) chmodSync(path, mode & 0o700)
    }
    return null
  } catch (error) {
    return (error as Error).message
  }
}

const unusable = (dataDir: string, why: string, cause?: unknown) =>
  new Error(
    `the data directory ${resolve(dataDir)} cannot be used: ${why}; set dataDir (or PLUMBLINE_DATA_DIR) to another one`,
    { cause },
  )
