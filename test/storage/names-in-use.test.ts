import { expect, test } from 'vitest'
import { readNamesInUse } from '../../storage/names-in-use.ts'
import { recordDefinitions } from '../../storage/slo-definitions.ts'
import { slo } from '../slo/build.ts'
import { testDatabase } from '../support/database.ts'

test('the names in use are those that SLOs in force select, until they are removed', async () => {
  await using store = await testDatabase()
  const source = 'file:slos/a.yaml'
  const at = (minute: number) => new Date(Date.UTC(2026, 0, 31, 12, minute))
  await recordDefinitions(
    store.db,
    [{ name: 'pay', state: 'active', slo: slo({ name: 'pay' }), problems: [], source }],
    at(0),
  )
  expect((await readNamesInUse(store.db)).dependencies).toEqual(new Set(['stripe']))
  await recordDefinitions(store.db, [{ name: 'pay', state: 'removed', source }], at(1))
  expect((await readNamesInUse(store.db)).dependencies).toEqual(new Set())
})
