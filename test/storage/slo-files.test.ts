import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Definition, type LoadedSlos, reconcile } from '../../slo/reconcile.ts'
import { loadSloDir, watchSloDir } from '../../storage/slo-files.ts'
import { SLO_TEXT } from '../slo/openslo/text.ts'

const FAST = { settleMs: 20, pollMs: 50 }
const sloText = (name: string, target = '0.999') =>
  SLO_TEXT.replace('name: pay\n', `name: ${name}\n`).replace('target: 0.999', `target: ${target}`)

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'plumbline-slos-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))
const write = (name: string, text: string) => writeFile(join(dir, name), text)
const names = ({ slos }: LoadedSlos) => slos.filter(({ slo }) => slo).map(({ name }) => name)
const errors = ({ problems }: LoadedSlos) =>
  problems
    .filter(({ severity }) => severity === 'error')
    .map(({ file, line, path, code }) => `${file.slice(dir.length + 1)}:${line} ${path} ${code}`)

describe('a directory of SLOs', () => {
  it('is read with its folders and links; hidden and other files are left out', async () => {
    await mkdir(join(dir, 'team', 'deep'), { recursive: true })
    await mkdir(join(dir, '..data'))
    await write('a.yaml', sloText('a'))
    await write('empty.json', '[]')
    await write('team/deep/b.yml', sloText('b'))
    // As Kubernetes mounts a ConfigMap.
    await write('..data/c.yaml', sloText('c'))
    await symlink(join('..data', 'c.yaml'), join(dir, 'c.yaml'))
    await write('README.md', 'broken: [')
    await write('.hidden.yaml', 'broken: [')
    const loaded = await loadSloDir(dir)
    expect(names(loaded)).toEqual(['a', 'c', 'b'])
    expect(loaded).toMatchObject({ problems: [], complete: true })
  })
  it('resolves references across files, whatever their order', async () => {
    const sli = SLO_TEXT.slice(SLO_TEXT.indexOf('    spec:\n'), SLO_TEXT.indexOf('  timeWindow')).replaceAll(
      /^ {4}/gm,
      '',
    )
    await write('z-sli.yaml', `apiVersion: openslo/v1\nkind: SLI\nmetadata: { name: shared }\n${sli}`)
    await write(
      'a.yaml',
      sloText('a').replace(/ {2}indicator:[\s\S]*? {2}timeWindow/, '  indicatorRef: shared\n  timeWindow'),
    )
    const loaded = await loadSloDir(dir)
    expect(errors(loaded)).toEqual([])
    expect(loaded.slos[0]?.slo?.indicator.name).toBe('shared')
  })
  it('keeps working around bad files, each refused with file, line, path and reason', async () => {
    await write('good.yaml', sloText('good'))
    await write('syntax.yaml', 'kind: [SLO\n')
    await write('target.yaml', `# why\n${sloText('target', '1.5')}`)
    await write('two.yaml', `${sloText('fine')}---\n${sloText('nameless').replace('  name: nameless\n', '')}`)
    await write('twin.yaml', `\n${sloText('good')}`)
    const loaded = await loadSloDir(dir)
    expect(names(loaded)).toEqual(['fine'])
    expect(errors(loaded)).toEqual([
      'syntax.yaml:2  yaml_syntax',
      'target.yaml:32 spec.objectives[0].target less_than',
      'twin.yaml:5 metadata.name duplicate_name',
      'two.yaml:35 metadata required',
    ])
    expect([...loaded.unreadable].sort()).toEqual([join(dir, 'syntax.yaml'), join(dir, 'two.yaml')])
  })
  it('that is missing is a problem, not an empty one', async () => {
    const loaded = await loadSloDir(join(dir, 'gone'))
    expect(loaded).toMatchObject({ slos: [], complete: false })
    expect(loaded.problems.map(({ code }) => code)).toEqual(['directory_unreadable'])
  })
  it('a link to nothing and a file far too large are refused', async () => {
    await symlink(join(dir, 'nowhere'), join(dir, 'link.yaml'))
    await write('large.yaml', '#'.repeat(6 * 2 ** 20))
    const loaded = await loadSloDir(dir)
    expect(errors(loaded)).toEqual(['large.yaml:1  file_too_large', 'link.yaml:1  file_unreadable'])
  })
  it('pipes, devices and bytes that are no text are refused, and what lies beside them is read', async () => {
    execFileSync('mkfifo', [join(dir, 'pipe.yaml')])
    await symlink('/dev/zero', join(dir, 'endless.yaml'))
    await writeFile(join(dir, 'latin.yaml'), Buffer.from('a: caf\xe9', 'latin1'))
    await writeFile(join(dir, 'utf16.yaml'), Buffer.from('\ufeffa: 1', 'utf16le'))
    await write('bom.yaml', `\ufeff${sloText('bom')}`)
    const loaded = await loadSloDir(dir)
    expect(names(loaded)).toEqual(['bom'])
    expect(errors(loaded)).toEqual(
      ['endless', 'latin', 'pipe', 'utf16'].map((name) => `${name}.yaml:1  file_unreadable`),
    )
    expect(loaded.problems.map(({ message }) => message)).toEqual([
      'is no file',
      'is no text in UTF-8',
      'is no file',
      'is no text in UTF-8',
    ])
  })
  it('a link back to a folder around it is not followed for ever, and nothing is read twice', async () => {
    await mkdir(join(dir, 'team'))
    await write('team/a.yaml', sloText('a'))
    await symlink('..', join(dir, 'team', 'up'))
    await symlink('.', join(dir, 'here'))
    const loaded = await loadSloDir(dir)
    expect(names(loaded)).toEqual(['a'])
    expect(errors(loaded)).toEqual([])
  })
})

describe('watching', () => {
  it('tells what is there, and every change after it, until it is closed', async () => {
    await write('a.yaml', sloText('a'))
    const seen: string[][] = []
    const watcher = await watchSloDir(dir, (loaded) => void seen.push(names(loaded)), FAST)
    expect(seen).toEqual([['a']])
    await write('b.yaml', sloText('b'))
    await vi.waitFor(() => expect(seen.at(-1)).toEqual(['a', 'b']), 5_000)
    await mkdir(join(dir, 'team'))
    await write('team/c.yaml', sloText('c'))
    await vi.waitFor(() => expect(seen.at(-1)).toEqual(['a', 'b', 'c']), 5_000)
    await rename(join(dir, 'team', 'c.yaml'), join(dir, 'team', 'c.off'))
    await vi.waitFor(() => expect(seen.at(-1)).toEqual(['a', 'b']), 5_000)
    await watcher.close()
    const calls = seen.length
    await write('d.yaml', sloText('d'))
    await new Promise((resolve) => setTimeout(resolve, 5 * FAST.pollMs))
    expect(seen).toHaveLength(calls)
  })
  it('keeps the last good version in force while a file is broken, and takes the mended one', async () => {
    await write('a.yaml', sloText('a', '0.99'))
    let definitions: readonly Definition[] = []
    const take = (loaded: LoadedSlos) => {
      definitions = reconcile(definitions, loaded).definitions
    }
    const watcher = await watchSloDir(dir, take, FAST)
    const state = () => definitions.map(({ state, slo }) => [state, slo?.objective.targetPpm])
    expect(state()).toEqual([['active', 990_000]])
    await write('a.yaml', 'kind: [SLO')
    await vi.waitFor(() => expect(state()).toEqual([['invalid', 990_000]]), 5_000)
    await write('a.yaml', sloText('a', '7'))
    await vi.waitFor(() => expect(definitions[0]?.problems.map(({ code }) => code)).toEqual(['less_than']), 5_000)
    expect(state()).toEqual([['invalid', 990_000]])
    await write('a.yaml', sloText('a', '0.95'))
    await vi.waitFor(() => expect(state()).toEqual([['active', 950_000]]), 5_000)
    await watcher.close()
  })
  it('notices when the directory goes and comes back', async () => {
    await write('a.yaml', sloText('a'))
    const seen: boolean[] = []
    const watcher = await watchSloDir(dir, ({ complete }) => void seen.push(complete), FAST)
    await rename(dir, `${dir}-away`)
    await vi.waitFor(() => expect(seen).toEqual([true, false]), 5_000)
    await rename(`${dir}-away`, dir)
    await vi.waitFor(() => expect(seen).toEqual([true, false, true]), 5_000)
    await watcher.close()
  })
  it('tells a change again when it could not be taken, one call at a time', async () => {
    const failures: unknown[] = []
    let running = 0
    let calls = 0
    const taken: string[][] = []
    const watcher = await watchSloDir(
      dir,
      async (loaded) => {
        expect(++running).toBe(1)
        await new Promise((resolve) => setTimeout(resolve, 3 * FAST.settleMs))
        running--
        if (++calls === 2) throw new Error('store is away')
        taken.push(names(loaded))
      },
      { ...FAST, onError: (error) => failures.push(error) },
    )
    await write('a.yaml', sloText('a'))
    await vi.waitFor(() => expect(taken.at(-1)).toEqual(['a']), 5_000)
    expect(failures).toEqual([new Error('store is away')])
    await watcher.close()
  })
  it('fails at once when the first reading cannot be taken', async () => {
    const refuse = () => Promise.reject(new Error('store is away'))
    await expect(watchSloDir(dir, refuse, FAST)).rejects.toThrow('store is away')
  })
})
