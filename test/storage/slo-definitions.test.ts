import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Problem } from '../../slo/problem.ts'
import { type Definition, type DefinitionChange, fileSource, type LoadedSlos, reconcile } from '../../slo/reconcile.ts'
import { readDefinitions, recordDefinitions } from '../../storage/slo-definitions.ts'
import { slo } from '../slo/build.ts'
import { type TestDatabase, testDatabase } from '../support/database.ts'

const at = (minute: number) => new Date(Date.UTC(2026, 0, 31, 12, minute, 0, 123))
const FILE = 'slos/a.yaml'
const source = fileSource(FILE)
const problem: Problem = {
  severity: 'error',
  layer: 'schema',
  file: FILE,
  line: 7,
  path: 'spec.objectives[0].target',
  code: 'less_than',
  message: "must be less than 1: 'quoted', \\ and \n kept",
  hint: 'Say 0.999',
}
const active = (name: string, targetPpm = 999_000): Definition => ({
  name,
  state: 'active',
  slo: slo({ name, targetPpm }),
  problems: [],
  source,
})
const invalid = (name: string): Definition => ({ name, state: 'invalid', slo: null, problems: [problem], source })
const removed = (name: string): DefinitionChange => ({ name, state: 'removed', source })
const loaded = (slos: LoadedSlos['slos']): LoadedSlos => ({
  slos,
  problems: slos.flatMap(({ problems }) => problems),
  unreadable: new Set(),
  complete: true,
})

describe('definitions in the store', () => {
  let store: TestDatabase
  beforeAll(async () => {
    store = await testDatabase()
  })
  afterAll(() => store[Symbol.asyncDispose]())
  const record = (changes: readonly DefinitionChange[], minute: number) =>
    recordDefinitions(store.db, changes, at(minute))
  /** Tests share a database and tell their SLOs apart by name. */
  const read = async (...names: string[]) =>
    (await readDefinitions(store.db)).filter(({ name }) => names.includes(name))

  it('nothing recorded is nothing read', async () => {
    await record([], 0)
    expect(await readDefinitions(store.db)).toEqual([])
  })
  it('are read back as they were recorded, names in order', async () => {
    const description = 'ünïcode, "quotes" and \n lines'
    const odd = { ...active('b'), slo: slo({ name: 'b', description, labels: { team: 'a,b' } }) }
    await record([odd, active('a')], 0)
    expect(await read('a', 'b')).toEqual([
      { ...active('a'), changedAt: at(0) },
      { ...odd, changedAt: at(0) },
    ])
  })

  const histories: {
    name: string
    changes: ((name: string) => DefinitionChange)[]
    state: Definition['state']
    targetPpm: number | undefined
  }[] = [
    { name: 'changed', changes: [active, (x) => active(x, 990_000)], state: 'active', targetPpm: 990_000 },
    { name: 'refused', changes: [active, invalid], state: 'invalid', targetPpm: 999_000 },
    {
      name: 'refused twice after two good ones',
      changes: [active, (x) => active(x, 990_000), invalid, invalid],
      state: 'invalid',
      targetPpm: 990_000,
    },
    { name: 'mended', changes: [active, invalid, (x) => active(x, 950_000)], state: 'active', targetPpm: 950_000 },
    { name: 'refused from the start', changes: [invalid], state: 'invalid', targetPpm: undefined },
    {
      name: 'removed, and refused when it came back',
      changes: [active, removed, invalid],
      state: 'invalid',
      targetPpm: undefined,
    },
  ]
  it.each(histories)('an SLO that was $name', async ({ name, changes, state, targetPpm }) => {
    for (const [minute, change] of changes.entries()) await record([change(name)], minute)
    const [definition, ...others] = await read(name)
    expect(others).toEqual([])
    expect(definition).toMatchObject({ state, source, changedAt: at(changes.length - 1) })
    expect(definition?.problems).toEqual(state === 'invalid' ? [problem] : [])
    expect(definition?.slo?.objective.targetPpm).toBe(targetPpm)
  })
  it('an SLO that was removed is gone', async () => {
    await record([active('gone'), active('stays')], 0)
    await record([removed('gone')], 1)
    expect((await read('gone', 'stays')).map(({ name }) => name)).toEqual(['stays'])
  })
  it('the last good version of a file that is bad now is found again after a restart', async () => {
    const name = 'restart'
    const good = loaded([{ name, file: FILE, slo: slo({ name }), problems: [] }])
    await record(reconcile([], good).changes, 0)
    const bad = loaded([{ name, file: FILE, slo: null, problems: [problem] }])
    await record(reconcile(await read(name), bad).changes, 1)
    const afterRestart = reconcile(await read(name), bad)
    expect(afterRestart.changes).toEqual([])
    expect(afterRestart.definitions).toMatchObject([{ state: 'invalid', slo: slo({ name }), problems: [problem] }])
  })
  it('what did not change is answered without reading it again, what did is seen at once', async () => {
    await record([active('kept')], 0)
    const before = await readDefinitions(store.db)
    expect(await readDefinitions(store.db)).toBe(before)
    await record([invalid('kept')], 1)
    expect((await read('kept'))[0]?.state).toBe('invalid')
    await record([removed('kept')], 2)
    expect(await read('kept')).toEqual([])
  })
  it('what another version stored and this one cannot read is told, not dropped', async () => {
    const row = { name: 'foreign', state: 'active', generation: 'g', problems: '[]', source }
    const values = [{ ...row, definition: '{"name":"foreign"}', changed_at: '2026-01-31 12:01:00.000' }]
    await store.db.insert({ table: 'slo_definitions', format: 'JSONEachRow', values })
    const [definition] = await read('foreign')
    expect(definition).toMatchObject({ name: 'foreign', state: 'invalid', slo: null })
    expect(definition?.problems.map(({ code }) => code)).toEqual(['stored_form_unknown'])
  })
})
