import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { FROZEN_REASONS, NOTIFY_REASONS, WITHHELD_REASONS } from '../../slo/alert-reason.ts'

const DOCS = readFileSync(new URL('../../docs/alerting.md', import.meta.url), 'utf8')

describe('docs/alerting.md explains every reason', () => {
  it.each([...NOTIFY_REASONS, ...WITHHELD_REASONS])('%s', (reason) => expect(DOCS).toContain(`\`${reason}\``))

  it('and no reason twice', () => {
    const all = [...NOTIFY_REASONS, ...WITHHELD_REASONS]
    expect(new Set(all).size).toBe(all.length)
    expect(WITHHELD_REASONS).toEqual(expect.arrayContaining([...FROZEN_REASONS]))
  })
})
