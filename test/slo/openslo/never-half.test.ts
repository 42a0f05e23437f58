import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { type Definition, documentOf, type LoadedSlos, reconcile } from '../../../slo/reconcile.ts'
import { loadSloDir } from '../../../storage/slo-files.ts'
import { object, policy, RATIO, sloDocument } from './builder.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'plumbline-slos-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const shared = { spec: { indicator: undefined, indicatorRef: 'shared', alertPolicies: [{ alertPolicyRef: 'fast' }] } }
const objectives = [{ target: 0.999 }, { displayName: 'mostly', target: 0.99 }]
const yaml = (...documents: object[]) => documents.map((document) => stringify(document)).join('---\n')
/** One file has what the other refers to. */
const FILES = {
  'shared.yaml': yaml(
    object('SLI', 'shared', RATIO),
    object('AlertPolicy', 'fast', policy().spec),
    sloDocument({ name: 'alone', objectives }),
  ),
  'users.yaml': yaml(
    sloDocument({ name: 'first', objectives, ...shared }),
    sloDocument({ name: 'second', ...shared, window: { duration: '7d', isRolling: true } }),
  ),
}
/** Hundreds of loads from the disk take a while on a busy machine. */
const PATIENCE_MS = 120_000

type FileName = keyof typeof FILES

const words = ['0.95', '1', '-1', '~', '[]', '{}', '"', 'plumbline', '7d', 'first', 'gone', 'SLO', '- -', ': :', '\t']
const edit = fc.record({
  file: fc.constantFrom(...(Object.keys(FILES) as FileName[])),
  at: fc.nat(200),
  how: fc.constantFrom('drop', 'repeat', 'indent', 'value', 'key', 'nothing', 'empty'),
  word: fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 6 })),
})

function edited(text: string, { at, how, word }: { at: number; how: string; word: string }): string {
  const lines = text.split('\n')
  const index = at % lines.length
  const line = lines[index] ?? ''
  const by: Record<string, string[]> = {
    drop: [],
    repeat: [line, line],
    indent: [`  ${line}`],
    value: [line.replace(/:.*/, `: ${word}`)],
    key: [line.replace(/\w+:/, `${word}:`)],
  }
  if (how === 'empty') return ''
  return how in by ? [...lines.slice(0, index), ...(by[how] ?? []), ...lines.slice(index + 1)].join('\n') : text
}

const inForce = (definitions: readonly Definition[]) =>
  new Map(definitions.flatMap(({ name, slo }) => (slo ? [[name, slo] as const] : [])))

/** What a load may do to what was in force before. */
function check(before: readonly Definition[], loaded: LoadedSlos, after: readonly Definition[]): void {
  const [old, now] = [inForce(before), inForce(after)]
  const good = new Map(loaded.slos.flatMap(({ name, slo }) => (slo ? [[name, slo] as const] : [])))
  const refused = new Set(loaded.slos.filter(({ slo }) => slo === null).map(({ name }) => name))
  for (const [name, slo] of now) {
    // Nothing is in force that was not planned as good, now or before.
    expect(slo).toEqual(refused.has(documentOf(name)) ? old.get(name) : (good.get(name) ?? old.get(name)))
  }
  for (const name of good.keys()) expect(now.has(name)).toBe(true)
  for (const document of refused) {
    const of = (slos: ReadonlyMap<string, unknown>) => [...slos.keys()].filter((name) => documentOf(name) === document)
    expect(of(now).sort()).toEqual(of(old).sort())
  }
  for (const definition of before) {
    const file = definition.source.slice('file:'.length)
    if (definition.slo && loaded.unreadable.has(file)) expect(now.has(definition.name)).toBe(true)
  }
  // An SLO that is refused is refused with a reason.
  for (const { state, problems } of after) if (state === 'invalid') expect(problems.length).toBeGreaterThan(0)
}

const write = async (contents: Readonly<Record<string, string>>) => {
  for (const [name, text] of Object.entries(contents)) await writeFile(join(dir, name), text)
}

describe('whatever happens to the files, nothing is half applied', () => {
  it('the files are good to begin with', async () => {
    await write(FILES)
    const { slos, problems } = await loadSloDir(dir)
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
    expect(slos.map(({ name }) => name).sort()).toEqual(['alone', 'alone:mostly', 'first', 'first:mostly', 'second'])
  })

  it(
    'after any edits, in any order: what was refused leaves in force what was good before',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.array(edit, { maxLength: 3 }), { minLength: 1, maxLength: 5 }), async (rounds) => {
          let definitions: readonly Definition[] = []
          for (const edits of [[], ...rounds]) {
            const contents: Record<FileName, string> = { ...FILES }
            for (const one of edits) contents[one.file] = edited(contents[one.file], one)
            await write(contents)
            const loaded = await loadSloDir(dir)
            const next = reconcile(definitions, loaded).definitions
            check(definitions, loaded, next)
            definitions = next
          }
          // Mended, everything is as it was at first.
          await write(FILES)
          const mended = await loadSloDir(dir)
          const last = reconcile(definitions, mended).definitions
          expect(inForce(last)).toEqual(new Map(mended.slos.map(({ name, slo }) => [name, slo])))
          expect(last.every(({ state }) => state === 'active')).toBe(true)
        }),
        { numRuns: 80 },
      )
    },
    PATIENCE_MS,
  )

  const without = (name: string) =>
    FILES['users.yaml'].split('---\n').filter((text) => !text.includes(`name: ${name}\n`))
  it.each([
    {
      when: 'a document with two objectives is refused: both stay',
      change: { 'users.yaml': FILES['users.yaml'].replace('target: 0.99\n', 'target: 2\n') },
      kept: ['first', 'first:mostly'],
      gone: [],
    },
    {
      when: 'a shared SLI is refused: all its SLOs stay',
      change: { 'shared.yaml': FILES['shared.yaml'].replace('source: calls', 'source: call') },
      kept: ['first', 'first:mostly', 'second'],
      gone: [],
    },
    {
      when: 'a shared policy can never fire: all its SLOs stay',
      change: { 'shared.yaml': FILES['shared.yaml'].replace('threshold: 14.4', 'threshold: 1000') },
      kept: ['first', 'first:mostly', 'second'],
      gone: [],
    },
    {
      when: 'a document is taken out: it is gone with all its objectives',
      change: { 'users.yaml': without('first').join('---\n') },
      kept: [],
      gone: ['first', 'first:mostly'],
    },
    {
      when: 'an objective is taken out: it is gone',
      change: { 'users.yaml': FILES['users.yaml'].replace(/ +- displayName: mostly\n +target: 0.99\n/, '') },
      kept: [],
      gone: ['first:mostly'],
    },
    {
      when: 'a file is no YAML any more: nothing of it is gone',
      change: { 'users.yaml': `${FILES['users.yaml']}\n\t: [` },
      kept: ['first', 'first:mostly', 'second'],
      gone: [],
    },
  ])('$when', async ({ change, kept, gone }) => {
    await write(FILES)
    const before = reconcile([], await loadSloDir(dir)).definitions
    await write(change)
    const { definitions, changes } = reconcile(before, await loadSloDir(dir))
    expect(
      definitions
        .filter(({ state }) => state === 'invalid')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(kept)
    for (const name of kept) expect(inForce(definitions).get(name)).toEqual(inForce(before).get(name))
    expect(
      changes
        .filter(({ state }) => state === 'removed')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(gone)
  })
})
