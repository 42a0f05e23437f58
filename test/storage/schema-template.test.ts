import { describe, expect, test } from 'vitest'
import { readMigrations } from '../../storage/migrate.ts'
import { renderSchema } from '../../storage/schema-template.ts'

const TEXT = `
-- a comment; with a semicolon
CREATE TABLE {{table:calls}} {{on_cluster}} (a String) ENGINE = {{engine:ReplacingMergeTree(revision)}} ORDER BY a SETTINGS {{ingest}};
{{distributed:calls:cityHash64(service)}};
`

describe('one schema text, two forms', () => {
  test('on one server: plain engines and no distributed table', () => {
    expect(renderSchema(TEXT, { database: 'p' })).toEqual([
      'CREATE TABLE calls  (a String) ENGINE = ReplacingMergeTree(revision) ORDER BY a SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1',
    ])
  })

  test('on a cluster: replicated local tables behind a distributed one', () => {
    expect(renderSchema(TEXT, { database: 'p', cluster: 'main' })).toEqual([
      `CREATE TABLE calls_local ON CLUSTER 'main' (a String) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}', revision) ORDER BY a SETTINGS replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1`,
      `CREATE TABLE IF NOT EXISTS calls ON CLUSTER 'main' AS calls_local ENGINE = Distributed('main', 'p', 'calls_local', cityHash64(service))`,
    ])
  })

  test('no placeholder is left in any schema file, in either form', async () => {
    for (const cluster of [undefined, 'main']) {
      const migrations = await readMigrations({ database: 'plumbline', cluster })
      expect(migrations.length).toBeGreaterThanOrEqual(3)
      for (const { statements } of migrations)
        for (const statement of statements) expect(statement).not.toMatch(/\{\{|\}\}/)
    }
  })

  test('on a cluster every statement that makes a table reaches every node', async () => {
    const migrations = await readMigrations({ database: 'plumbline', cluster: 'main' })
    const creates = migrations
      .flatMap(({ statements }) => statements)
      .filter((statement) => statement.startsWith('CREATE'))
    expect(creates.length).toBeGreaterThan(20)
    for (const statement of creates) expect(statement).toContain(`ON CLUSTER 'main'`)
  })

  test('on a cluster changes of tables reach every node, those of how rows lie on disk the local tables', async () => {
    const migrations = await readMigrations({ database: 'plumbline', cluster: 'main' })
    const changes = migrations
      .flatMap(({ statements }) => statements)
      .filter((statement) => statement.startsWith('ALTER') && !statement.includes(' DELETE '))
    for (const change of changes) expect(change).toContain(` ON CLUSTER 'main'`)
    const onDisk = changes.filter((change) => /MODIFY COLUMN|DROP INDEX/.test(change))
    expect(onDisk.length).toBeGreaterThan(5)
    for (const change of onDisk) expect(change).toMatch(/^ALTER TABLE \w+_local /)
  })

  test('on a cluster rows are written to and read from local tables by the views', async () => {
    const migrations = await readMigrations({ database: 'plumbline', cluster: 'main' })
    const views = migrations
      .flatMap(({ statements }) => statements)
      .filter((statement) => statement.includes('MATERIALIZED VIEW'))
    expect(views.length).toBeGreaterThanOrEqual(10)
    for (const view of views) expect(view).toMatch(/TO \w+_local AS[\s\S]+FROM \w+_local/)
  })
})
