import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { NOTIFY_REASONS, WITHHELD_REASONS } from '../../slo/alert/alert-reason.ts'

const DOCS = readFileSync(new URL('../../docs/alerting.md', import.meta.url), 'utf8')

describe('docs/alerting.md explains every reason', () => {
  it.each([...NOTIFY_REASONS, ...WITHHELD_REASONS])('%s', (reason) => expect(DOCS).toContain(`\`${reason}\``))

  it('and only an acknowledgement both tells and keeps back', () => {
    const told: readonly string[] = NOTIFY_REASONS
    expect(WITHHELD_REASONS.filter((reason) => told.includes(reason))).toEqual(['acknowledged'])
  })
})
