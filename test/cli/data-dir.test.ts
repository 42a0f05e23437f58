import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeDataDir } from '../../cli/data-dir.ts'

let parent: string
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'plumbline-data-dir-'))
})
afterEach(() => rmSync(parent, { recursive: true, force: true }))

const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8)

test('a data directory that is made is its owner’s alone', () => {
  expect(makeDataDir(join(parent, 'deep', 'data'))).toBeNull()
  expect(modeOf(join(parent, 'deep', 'data'))).toBe('700')
})

test('one that exists is closed to others, and so are the files in it', () => {
  const dataDir = join(parent, 'data')
  mkdirSync(dataDir)
  writeFileSync(join(dataDir, 'engine-users.xml'), 'x')
  chmodSync(join(dataDir, 'engine-users.xml'), 0o644)
  chmodSync(dataDir, 0o755)
  expect(makeDataDir(dataDir)).toBeNull()
  expect([modeOf(dataDir), modeOf(join(dataDir, 'engine-users.xml'))]).toEqual(['700', '600'])
})

test('a folder that all users share is refused instead of closed to them', () => {
  const shared = join(parent, 'shared')
  mkdirSync(shared)
  chmodSync(shared, 0o1777)
  expect(() => makeDataDir(shared)).toThrow(/all users of the machine share it; set dataDir/)
  expect(modeOf(shared)).toBe('1777')
})
