import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../storage/embedded/embedded.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** URL of the engine that all tests of a run share. */
    engineUrl: string
  }
}

/** One engine on a temporary directory for the whole run. */
export default async function setup(project: TestProject) {
  const dataDir = await mkdtemp(join(tmpdir(), 'plumbline-test-'))
  const engine = await startEmbedded({ dataDir, port: 0, memoryBytes: 2 * 2 ** 30 })
  project.provide('engineUrl', engine.url)
  return async () => {
    await engine.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}
