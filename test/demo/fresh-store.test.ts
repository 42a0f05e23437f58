import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freshStore } from '../../cli/demo/fresh-store.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'plumbline-fresh-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('a missing directory is made', async () => {
  await freshStore(join(root, 'data', 'demo'))
  expect(await readdir(join(root, 'data', 'demo'))).toEqual(['.plumbline-demo'])
})

test('what an earlier demo left is gone', async () => {
  const dataDir = join(root, 'demo')
  await freshStore(dataDir)
  await writeFile(join(dataDir, 'segment'), 'old')
  await freshStore(dataDir)
  expect(await readdir(dataDir)).toEqual(['.plumbline-demo'])
})

test('a directory of somebody else is left alone', async () => {
  await writeFile(join(root, 'precious'), 'data')
  await expect(freshStore(root)).rejects.toThrow('holds data that no demo made')
  expect(await readdir(root)).toEqual(['precious'])
})
