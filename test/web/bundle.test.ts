import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type BuiltPages, buildPages } from './built-pages.ts'

const FIRST_VIEW_BYTES = 150_000

let built: BuiltPages
let files: { name: string; text: string }[] = []
beforeAll(async () => {
  built = await buildPages()
  const names = (await readdir(built.root, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  files = await Promise.all(
    names.map(async ({ parentPath, name }) => ({ name, text: await readFile(join(parentPath, name), 'utf8') })),
  )
})
afterAll(() => built[Symbol.asyncDispose]())

test('the whole UI is at most 150 kB gzipped', () => {
  const bytes = files.reduce((sum, { text }) => sum + gzipSync(text).length, 0)
  expect(files.map(({ name }) => name)).toContain('index.html')
  expect(bytes).toBeGreaterThan(5_000)
  expect(bytes).toBeLessThanOrEqual(FIRST_VIEW_BYTES)
})

test('the page has neither inline script nor inline style, which its policy would refuse', () => {
  const html = files.find(({ name }) => name === 'index.html')?.text ?? ''
  expect(html).toContain('<script src="/theme.js">')
  expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=/)
})

test('no file names another host, but for namespaces and the examples shown', () => {
  const hosts = files.flatMap(({ text }) => [...text.matchAll(/https?:\/\/([a-z0-9.-]+)/gi)].map((match) => match[1]))
  expect(new Set(hosts.filter((host) => host !== 'www.w3.org'))).toEqual(new Set())
})
