import { createHmac, randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const KEY_BYTES = 32
const SHOWN_HEX = 16

/** The key of this data directory, made once and readable by its owner only: equal values stay comparable after a restart. */
export async function redactionKey(dataDir: string): Promise<Buffer> {
  const path = join(dataDir, 'redaction-key')
  try {
    await writeFile(path, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { flag: 'wx', mode: 0o600, flush: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'hex')
  if (key.length === KEY_BYTES) return key
  throw new Error(`${path} does not hold ${KEY_BYTES} bytes in hex; delete it to have a new key made`)
}

/** `[hash:…]`, 64 bits of HMAC-SHA256: tells equal values, and nobody without the key can try values against it. */
export const hashMark = (key: Buffer) => (secret: string) =>
  `[hash:${createHmac('sha256', key).update(secret).digest('hex').slice(0, SHOWN_HEX)}]`
