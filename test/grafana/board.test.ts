import { readdir, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { boardFiles } from '../../dashboards/grafana/generate.ts'
import { BOARDS, type Panel } from './board-model.ts'

const FOLDER = new URL('../../dashboards/grafana/boards/', import.meta.url)

test('the committed boards are what `npm run boards` writes', async () => {
  const files = boardFiles()
  expect((await readdir(FOLDER)).sort()).toEqual(Object.keys(files).sort())
  for (const [name, content] of Object.entries(files)) {
    expect(await readFile(new URL(name, FOLDER), 'utf8'), `${name}: run npm run boards`).toBe(content)
  }
})

test('generating twice gives the same text', () => {
  expect(boardFiles()).toEqual(boardFiles())
})

test('uids and titles are unique', () => {
  expect(new Set(BOARDS.map(({ uid }) => uid)).size).toBe(BOARDS.length)
  expect(new Set(BOARDS.map(({ title }) => title)).size).toBe(BOARDS.length)
})

const overlap = (a: Panel['gridPos'], b: Panel['gridPos']) =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h

describe.each(BOARDS)('$title', (board) => {
  const texts = JSON.stringify(board)

  test('loads in every Grafana and cannot be edited away from Git', () => {
    expect(board).toMatchObject({ id: null, schemaVersion: 39, editable: false, graphTooltip: 1 })
    expect(board.tags).toEqual(['plumbline', 'slo'])
    expect(texts).not.toContain('__inputs')
  })

  test('shows the last hours, fresh, and links to its sister boards with time and variables', () => {
    expect(board.time).toEqual({ from: 'now-6h', to: 'now' })
    expect(board.refresh).toBe('30s')
    expect(board.links).toEqual([
      expect.objectContaining({ type: 'dashboards', tags: ['plumbline'], keepTime: true, includeVars: true }),
    ])
  })

  test('panels do not overlap, fit into 24 columns and have ids of their own', () => {
    for (const [n, panel] of board.panels.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w).toBeLessThanOrEqual(24)
      for (const other of board.panels.slice(n + 1)) {
        expect(overlap(panel.gridPos, other.gridPos), `${panel.title} and ${other.title}`).toBe(false)
      }
    }
    expect(new Set(board.panels.map(({ id }) => id)).size).toBe(board.panels.length)
  })

  test('all three copies of an annotation query are the same', () => {
    for (const { customSql, rawQuery, target } of board.annotations.list) {
      expect(rawQuery).toBe(customSql)
      expect(target.rawSql).toBe(customSql)
    }
  })

  test('links lead into Plumbline or to a runbook, never to a fixed host', () => {
    const links = board.panels.flatMap(({ fieldConfig }) =>
      fieldConfig.overrides.flatMap(({ properties }) =>
        properties.filter(({ id }) => id === 'links').flatMap(({ value }) => value as { url: string }[]),
      ),
    )
    expect(links.length).toBeGreaterThan(0)
    const paths = ['/incidents/', '/slos/', '/dependencies/', '/traces/']
    for (const { url } of links) {
      const known = paths.some((path) => url.startsWith(`\${plumbline}${path}\${__value.raw}`))
      expect(known || url === `\${__value.raw}`, url).toBe(true)
    }
  })

  test('uses no macro that older plugins lack, and no hasToken', () => {
    for (const macro of ['$__timeFrom', '$__timeTo', '$__timeGroup', '$__columns', '$__rateColumns', '$__lttb']) {
      expect(texts).not.toContain(macro)
    }
    expect(texts).not.toContain('hasToken')
  })
})

/** Rules of grafana/dashboard-linter that act on boards without Prometheus or Loki. */
describe.each(BOARDS)('dashboard-linter on $title', (board) => {
  const CHECKED = ['stat', 'gauge', 'table', 'timeseries', 'graph']
  const UNITS = ['short', 'none', 's', 'percentunit', 'cps']

  test('template-datasource-rule', () => {
    const sources = board.templating.list.filter(({ type }) => type === 'datasource')
    expect(sources).toEqual([
      expect.objectContaining({ name: 'datasource', label: 'Data source', query: 'grafana-clickhouse-datasource' }),
    ])
    expect(board.templating.list[0]?.type).toBe('datasource')
  })

  test('template-on-time-change-reload-rule', () => {
    const queries = board.templating.list.filter(({ type }) => type === 'query')
    expect(queries.length).toBeGreaterThan(0)
    for (const { name, refresh } of queries) expect(refresh, name).toBe(2)
  })

  test('uneditable-dashboard', () => {
    expect(board.editable).toBe(false)
  })

  test.each(board.panels)('panel rules on $title', ({ type, title, description, targets, fieldConfig, datasource }) => {
    const uid = `\${datasource}`
    expect(datasource).toEqual({ type: 'grafana-clickhouse-datasource', uid })
    expect(targets.length).toBeGreaterThan(0)
    for (const target of targets) expect(target.datasource).toEqual({ type: 'grafana-clickhouse-datasource', uid })
    if (!CHECKED.includes(type)) return
    expect(title).not.toBe('')
    expect(description).toMatch(/[?]/)
    const { unit, mappings = [] } = fieldConfig.defaults
    expect(UNITS.includes(unit ?? '') || mappings.length > 0).toBe(true)
  })
})
