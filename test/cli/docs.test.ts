import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '../..')
const help = (...args: string[]) =>
  execFileSync(process.execPath, [join(ROOT, 'cli/plumbline.js'), ...args, '--help'], { encoding: 'utf8' })
const DOCS = readFileSync(join(ROOT, 'docs/commands.md'), 'utf8')

const commands = [...help().matchAll(/^ {2}([a-z]+)\b(?! \[command\])/gm)].map(([, name]) => name!)
const known = commands.filter((name) => name !== 'help')

test('every command has a section of its own, and no other has one', () => {
  expect(known.length).toBeGreaterThan(5)
  const sections = [...DOCS.matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
  expect(sections.toSorted()).toEqual(known.toSorted())
})

test.each(known)('the section of %s names only options it has', (name) => {
  const section = DOCS.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? ''
  const usage = /```sh\n(.*?)```/s.exec(section)?.[1] ?? ''
  expect(usage).toContain(`plumbline ${name}`)
  const options = help(name)
  for (const [option] of usage.matchAll(/--[a-z]+/g)) expect(options).toContain(option)
})
