import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { join } from 'node:path'

const CHUNK = Buffer.alloc(256 * 1024)
const TAKE_AGAIN_MS = 20

/** A file system of its own that can be filled up and freed. Disposing unmounts it. */
export interface SmallDisk extends Disposable {
  /** Takes all but `leaveMebibytes`, and goes on taking what others give back, until freed. */
  fill(leaveMebibytes: number): void
  free(): void
}

/**
 * Mounts a tmpfs of `mebibytes` on `folder`; null where this process may not mount. Where CI is set that is an error,
 * so that the tests of a full disk do not go missing unnoticed.
 */
export function mountSmallDisk(folder: string, mebibytes: number): SmallDisk | null {
  mkdirSync(folder, { recursive: true })
  const owner = `uid=${process.getuid?.() ?? 0},gid=${process.getgid?.() ?? 0}`
  const mount = ['mount', '-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700,${owner}`, 'tmpfs', folder]
  const prefix = [[], ['sudo', '-n']].find((prefix) => succeeds([...prefix, ...mount]))
  if (prefix === undefined) {
    const message = `a full disk cannot be tried: this process may not mount a tmpfs on ${folder}`
    if (process.env.CI) throw new Error(`${message}; run as root or allow sudo mount`)
    console.warn(`${message} (needs root)`)
    return null
  }
  const filler = join(folder, 'filler')
  let filling: NodeJS.Timeout | undefined
  const take = (leaveBytes: number) => {
    const file = openSync(filler, 'a')
    try {
      while (freeBytes(folder) > leaveBytes) writeSync(file, CHUNK)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    } finally {
      closeSync(file)
    }
  }
  const free = () => {
    clearInterval(filling)
    rmSync(filler, { force: true })
  }
  return {
    fill(leaveMebibytes) {
      const leaveBytes = leaveMebibytes * 2 ** 20
      take(leaveBytes)
      filling = setInterval(take, TAKE_AGAIN_MS, leaveBytes)
    },
    free,
    [Symbol.dispose]() {
      free()
      if (!succeeds([...prefix, 'umount', folder])) succeeds([...prefix, 'umount', '-l', folder])
    },
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

function succeeds([command, ...args]: string[]): boolean {
  try {
    execFileSync(command!, args, { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
