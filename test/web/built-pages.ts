import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const ROOT = join(import.meta.dirname, '../..')

export interface BuiltPages extends AsyncDisposable {
  root: string
}

/** The pages as `npm run prepare` builds them, from the sources as they are now, in a folder of their own. */
export async function buildPages(): Promise<BuiltPages> {
  const root = await mkdtemp(join(tmpdir(), 'plumbline-pages-'))
  const { NODE_ENV: _, VITEST: __, ...env } = process.env
  const vite = join(ROOT, 'node_modules/vite/bin/vite.js')
  const args = [vite, 'build', '--config', 'dashboards/web/vite.config.ts', '--logLevel', 'warn', '--outDir', root]
  await promisify(execFile)(process.execPath, [...args, '--emptyOutDir'], { cwd: ROOT, env })
  return { root, [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }) }
}
