import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Server } from '../client.ts'

/** Where commands of this machine and user find the engine of a running Plumbline, and the password of this start. */
const FILE = 'clickhouse-access.json'

const accessSchema = z.object({ url: z.string(), username: z.string(), password: z.string(), database: z.string() })

/** Leaves it in the data directory, readable by its owner only. */
export function writeAccess(dataDir: string, { url, username, password, database }: Server): void {
  removeAccess(dataDir)
  writeFileSync(join(dataDir, FILE), JSON.stringify({ url, username, password, database }), { mode: 0o600, flag: 'wx' })
}

export function removeAccess(dataDir: string): void {
  rmSync(join(dataDir, FILE), { force: true })
}

/** Null when no Plumbline with an embedded engine runs on this data directory, or when its owner is another user. */
export function readAccess(dataDir: string): Server | null {
  try {
    return accessSchema.parse(JSON.parse(readFileSync(join(dataDir, FILE), 'utf8')))
  } catch {
    return null
  }
}
