import { describe, expect, test } from 'vitest'
import { firingOf } from '../../api/slo-board.ts'
import { byUrgency } from '../../api/urgency.ts'
import type { Member } from '../../slo/alert/incident.ts'
import { type SloStatus, type StatusWord, statusOfRefused } from '../../slo/status.ts'
import { incident, minutesAgo } from './seeded-app.ts'

const status = (name: string, word: StatusWord, remaining: number | null = 0.5): SloStatus => ({
  ...statusOfRefused(name),
  status: word,
  budget: { remaining, consumed: null, exhaustsAt: null, remainingOfPeriod: null, resets: [] },
})

describe('what stands first in the list', () => {
  test.each<[string, SloStatus[]]>([
    ['a page before a spent budget', [status('z', 'critical', 0.9), status('a', 'exhausted', -3)]],
    ['a spent budget before a ticket', [status('z', 'exhausted', -0.1), status('a', 'warning')]],
    ['what cannot be judged before what is fine', [status('z', 'frozen'), status('a', 'ok')]],
    ['the emptiest budget', [status('z', 'ok', 0.1), status('a', 'ok', 0.2)]],
    ['a known budget before an unknown one', [status('z', 'no_data', 0.9), status('a', 'no_data', null)]],
    ['the name, when nothing else differs', [status('a', 'ok'), status('b', 'ok')]],
  ])('%s', (_, wanted) => {
    expect(wanted.toReversed().toSorted(byUrgency)).toEqual(wanted)
  })
})

describe('what fires for an SLO with several incidents', () => {
  const old = incident('old', { severity: 'ticket', startedAt: minutesAgo(90) })
  const older = incident('older', { startedAt: minutesAgo(20) })
  const newer = incident('newer', { startedAt: minutesAgo(5) })

  test.each([
    ['none', [], null],
    ['a ticket alone', [old], 'old'],
    ['a page before an older ticket', [old, newer], 'newer'],
    ['the first of two pages', [newer, old, older], 'older'],
  ])('%s', (_, open, wanted) => {
    expect(firingOf(open, 'checkout-availability')?.incident ?? null).toBe(wanted)
  })

  const member = (slo: string, changed: Partial<Member> = {}): Member => ({
    alert: slo,
    alertname: 'SLOBurnRate',
    slo,
    service: 'checkout',
    dependency: '',
    severity: 'page',
    startedAt: minutesAgo(3),
    endedAt: null,
    ending: null,
    mutedBy: null,
    owner: '',
    runbook: '',
    budget: null,
    evidence: null,
    labels: {},
    summary: '',
    details: null,
    ...changed,
  })
  const shared = incident('shared', {
    slo: 'lead',
    members: [
      member('lead'),
      member('joined', { severity: 'ticket', startedAt: minutesAgo(2) }),
      member('over', { endedAt: minutesAgo(1) }),
    ],
  })
  test('in an incident of several every one has its own alert', () => {
    expect(firingOf([shared], 'lead')).toEqual({ severity: 'page', since: minutesAgo(3), incident: 'shared' })
    expect(firingOf([shared], 'joined')).toEqual({ severity: 'ticket', since: minutesAgo(2), incident: 'shared' })
    expect(firingOf([shared], 'over')).toBeNull()
    expect(firingOf([shared], 'checkout-availability')).toBeNull()
  })
})
