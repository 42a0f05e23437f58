import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'

/**
 * Makes sure that one collector only works on a segment folder: a second one would ship and delete what the first is still
 * writing. The lock is an abstract Unix socket, which the kernel frees with the process, however it ends. Linux only;
 * elsewhere the operator has to see to it. Resolves to the release; rejects when the folder is in use.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  if (process.platform !== 'linux') return async () => {}
  const name = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === 'EADDRINUSE'
          ? new Error(`${folder} is in use by another collector; stop that one or give this one its own dataDir`, {
              cause,
            })
          : cause,
      ),
    )
    server.listen(`\0plumbline-segments-${name}`, resolve)
  })
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}
