/** The collector's own disk failed, which says nothing about ClickHouse. */
export class DiskFault extends Error {
  override readonly name = 'DiskFault'
}

/** Runs an operation on files; what it throws says `what` could not be done. */
export async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof DiskFault) throw cause
    throw new DiskFault(`cannot ${what}: ${(cause as Error).message}`, { cause })
  }
}
