import { describe, expect, it } from 'vitest'
import type { Problem } from '../../slo/problem.ts'
import { type Definition, fileSource, type LoadedSlos, reconcile, replaceDocument } from '../../slo/reconcile.ts'
import { slo } from './build.ts'

const A = 'slos/a.yaml'
const B = 'slos/b.yaml'
const wrong = (file: string): Problem => ({
  severity: 'error',
  layer: 'schema',
  file,
  line: 4,
  path: 'spec.objectives[0].target',
  code: 'less_than',
  message: 'must be less than 1',
})
const version = (name: string, targetPpm = 999_000) => slo({ name, targetPpm })
const good = (name: string, file = A, targetPpm?: number) => ({
  name,
  file,
  slo: version(name, targetPpm),
  problems: [],
})
const bad = (name: string, file = A) => ({ name, file, slo: null, problems: [wrong(file)] })
const loaded = (slos: LoadedSlos['slos'], rest: Partial<LoadedSlos> = {}): LoadedSlos => ({
  slos,
  problems: slos.flatMap(({ problems }) => problems),
  unreadable: new Set(),
  complete: true,
  ...rest,
})
const active = (name: string, source = fileSource(A)): Definition => ({
  name,
  state: 'active',
  slo: version(name),
  problems: [],
  source,
})
const summary = (list: readonly { name: string; state: string }[]) => list.map(({ name, state }) => `${name} ${state}`)

describe('reading files again', () => {
  const rows = [
    { when: 'for the first time', before: [], now: loaded([good('x')]), changes: ['x active'], inForce: ['x'] },
    { when: 'without a change', before: [active('x')], now: loaded([good('x')]), changes: [], inForce: ['x'] },
    {
      when: 'with another target',
      before: [active('x')],
      now: loaded([good('x', A, 990_000)]),
      changes: ['x active'],
      inForce: ['x'],
    },
    {
      when: 'with a mistake: the last good version stays',
      before: [active('x')],
      now: loaded([bad('x')]),
      changes: ['x invalid'],
      inForce: ['x'],
    },
    { when: 'with a mistake from the start', before: [], now: loaded([bad('x')]), changes: ['x invalid'], inForce: [] },
    {
      when: 'with a mistake in one of two',
      before: [active('x'), active('y')],
      now: loaded([bad('x'), good('y')]),
      changes: ['x invalid'],
      inForce: ['x', 'y'],
    },
    {
      when: 'with one SLO less',
      before: [active('x'), active('y')],
      now: loaded([good('x')]),
      changes: ['y removed'],
      inForce: ['x'],
    },
    {
      when: 'from another file',
      before: [active('x')],
      now: loaded([good('x', B)]),
      changes: ['x active'],
      inForce: ['x'],
    },
    {
      when: 'that cannot be parsed: nothing of it is gone',
      before: [active('x'), active('y', fileSource(B))],
      now: loaded([good('y', B)], { unreadable: new Set([A]), problems: [wrong(A)] }),
      changes: ['x invalid'],
      inForce: ['x', 'y'],
    },
    {
      when: 'from a directory that is not there: nothing is gone',
      before: [active('x'), active('y', fileSource(B))],
      now: loaded([], { complete: false, problems: [wrong('slos')] }),
      changes: ['x invalid', 'y invalid'],
      inForce: ['x', 'y'],
    },
    {
      when: 'beside one that came through the API',
      before: [active('x', 'api')],
      now: loaded([]),
      changes: [],
      inForce: ['x'],
    },
    {
      when: 'with one that came through the API',
      before: [active('x', 'api')],
      now: loaded([good('x')]),
      changes: ['x active'],
      inForce: ['x'],
    },
    {
      when: 'with a mistake in a document of two objectives: both stay',
      before: [active('x'), active('x:fast')],
      now: loaded([bad('x')]),
      changes: ['x invalid', 'x:fast invalid'],
      inForce: ['x', 'x:fast'],
    },
    {
      when: 'with one objective less',
      before: [active('x'), active('x:fast')],
      now: loaded([good('x')]),
      changes: ['x:fast removed'],
      inForce: ['x'],
    },
    {
      when: 'with a document that came through the API with more objectives: those of the file are meant',
      before: [active('x', 'api'), active('x:fast', 'api'), active('y:fast', 'api')],
      now: loaded([good('x')]),
      changes: ['x active', 'x:fast removed'],
      inForce: ['x', 'y:fast'],
    },
    {
      when: 'with a mistake in one that was never good and is gone now',
      before: [{ ...active('x'), state: 'invalid', slo: null, problems: [wrong(A)] } as Definition],
      now: loaded([]),
      changes: ['x removed'],
      inForce: [],
    },
  ]
  it.each(rows)('$when', ({ before, now, changes, inForce }) => {
    const result = reconcile(before, now)
    expect(summary(result.changes).sort()).toEqual(changes)
    expect(
      result.definitions
        .filter(({ slo }) => slo)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(inForce)
  })
  it.each(rows)('$when, and once more: nothing is left to change', ({ before, now }) => {
    expect(reconcile(reconcile(before, now).definitions, now).changes).toEqual([])
  })
})

it('a refusal keeps the last good version through further refusals and ends with a good one', () => {
  const original = version('x')
  let definitions: readonly Definition[] = reconcile([], loaded([good('x')])).definitions
  for (const file of [A, A, B]) {
    definitions = reconcile(definitions, loaded([bad('x', file)])).definitions
    expect(definitions[0]).toMatchObject({ state: 'invalid', slo: original, problems: [wrong(file)] })
  }
  const mended = reconcile(definitions, loaded([good('x')]))
  expect(mended.definitions[0]).toMatchObject({ state: 'active', slo: original, problems: [] })
  expect(summary(mended.changes)).toEqual(['x active'])
})

it('what was refused names the reason of its own file', () => {
  const now = loaded([], { unreadable: new Set([A]), problems: [wrong(B), wrong(A)] })
  const { definitions } = reconcile([active('x')], now)
  expect(definitions[0]?.problems).toEqual([wrong(A)])
})

describe('a document that comes through the API', () => {
  const api = (name: string, targetPpm?: number) => ({ ...good(name, A, targetPpm), file: 'body' })
  const rows = [
    { when: 'for the first time', before: [], now: [api('x')], changes: ['x active'] },
    { when: 'again', before: [active('x', 'api')], now: [api('x')], changes: [] },
    { when: 'with another target', before: [active('x', 'api')], now: [api('x', 990_000)], changes: ['x active'] },
    {
      when: 'with other objectives',
      before: [active('x', 'api'), active('x:old', 'api'), active('y', 'api')],
      now: [api('x'), api('x:new')],
      changes: ['x:old removed', 'x:new active'],
    },
    {
      when: 'to be removed',
      before: [active('x', 'api'), active('x:old', 'api'), active('xy', 'api')],
      now: [],
      changes: ['x removed', 'x:old removed'],
    },
    {
      when: 'after a refused version of a file that is gone',
      before: [{ ...active('x', 'api'), state: 'invalid', problems: [wrong(A)] } as Definition],
      now: [api('x')],
      changes: ['x active'],
    },
  ]
  it.each(rows)('$when', ({ before, now, changes }) => {
    expect(summary(replaceDocument(before, 'x', now))).toEqual(changes)
  })
})
