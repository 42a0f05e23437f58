import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ALERT_POLICY } from '../../slo/alert/alert-policy.ts'
import { type AlertSubject, type FiringNow, type Group, type Grouped, group } from '../../slo/alert/incident-group.ts'
import { guessedRoot } from '../../slo/alert/root-cause.ts'
import type { Severity } from '../../slo/model.ts'

const T0 = Date.parse('2026-01-01T00:00:00Z')
const PAY = 'dependency:acme-pay/timeout'
const MAIL = 'dependency:mail/throttled'
const GUESSED = guessedRoot('notifications')

const subject = (alert: string, changes: Partial<AlertSubject> = {}): AlertSubject => ({
  alert,
  group: alert,
  alertname: 'SLOBurnRate',
  slo: alert,
  service: alert,
  dependency: '',
  env: 'prod',
  owner: '',
  runbook: '',
  labels: {},
  ...changes,
})

interface Alert {
  root?: string
  severity?: Severity
  /** Minutes after T0. */
  since?: number
  env?: string
  group?: string
}
type Alerts = Record<string, Alert>

const firing = (alerts: Alerts): FiringNow[] =>
  Object.entries(alerts).map(([alert, { root = '', severity = 'page', since = 0, env = 'prod', group = alert }]) => ({
    subject: subject(alert, { env, group }),
    severity,
    startedAtMs: T0 + since * 60_000,
    root,
    muted: null,
    cleared: false,
    previousIncident: null,
  }))

/** Plays what fires at each minute; the groups of the last, those that are over left out. */
function played(...steps: [minute: number, alerts: Alerts][]): Grouped[] {
  let grouped: Grouped[] = []
  for (const [minute, alerts] of steps) {
    const open = grouped.filter(isOpen).map((each) => JSON.parse(JSON.stringify(each.group)) as Group)
    grouped = group(open, firing(alerts), new Date(T0 + minute * 60_000), ALERT_POLICY)
  }
  return grouped
}

const isOpen = ({ group: { members } }: Grouped) => Object.values(members).some(({ endedAtMs }) => endedAtMs === null)
const activeIn = ({ group: { members } }: Grouped) =>
  Object.entries(members)
    .filter(([, { endedAtMs }]) => endedAtMs === null)
    .map(([id, { adoptedFrom }]) => (adoptedFrom ? `(${id})` : id))
    .sort()
/** `root or key: members`, linked groups marked. */
const sentences = (grouped: Grouped[]) =>
  grouped
    .filter(isOpen)
    .map(
      (each) =>
        `${each.group.root || each.group.key}: ${activeIn(each).join(' ')}${each.group.mergedInto ? ' merged' : ''}`,
    )

describe('which alerts are one incident', () => {
  const ROWS: Record<string, { steps: [number, Alerts][]; are: string[] }> = {
    'alerts without a known cause are each their own': {
      steps: [[0, { A: {}, B: {} }]],
      are: ['A: A', 'B: B'],
    },
    'alerts with one root cause are one': {
      steps: [[0, { A: { root: PAY }, B: { root: PAY } }]],
      are: [`${PAY}: A B`],
    },
    'another root, another incident': {
      steps: [[0, { A: { root: PAY }, B: { root: MAIL } }]],
      are: [`${PAY}: A`, `${MAIL}: B`],
    },
    'the same root in another environment is another incident': {
      steps: [[0, { A: { root: PAY }, B: { root: PAY, env: 'staging' } }]],
      are: [`${PAY}: A`, `${PAY}: B`],
    },
    'who fires later joins': {
      steps: [
        [0, { A: { root: PAY } }],
        [3, { A: { root: PAY }, C: { root: PAY } }],
      ],
      are: [`${PAY}: A C`],
    },
    'who no longer fires leaves, the others stay': {
      steps: [
        [0, { A: { root: PAY }, B: { root: PAY } }],
        [5, { B: { root: PAY } }],
      ],
      are: [`${PAY}: B`],
    },
    'who fires again joins the incident it was in': {
      steps: [
        [0, { A: { root: PAY }, B: { root: PAY } }],
        [5, { B: { root: PAY } }],
        [7, { A: { root: PAY, since: 7 }, B: { root: PAY } }],
      ],
      are: [`${PAY}: A B`],
    },
    'a root found later is adopted': {
      steps: [
        [0, { A: {} }],
        [1, { A: { root: PAY } }],
      ],
      are: [`${PAY}: A`],
    },
    'a guessed root gives way to a measured one': {
      steps: [
        [0, { A: { root: GUESSED }, B: { root: GUESSED } }],
        [1, { A: { root: GUESSED }, B: { root: PAY } }],
      ],
      are: [`${PAY}: A B`],
    },
    'a guessed root stays while nothing is measured': {
      steps: [
        [0, { A: { root: GUESSED } }],
        [1, { A: {} }],
      ],
      are: [`${GUESSED}: A`],
    },
    'a measured root does not give way to a guess': {
      steps: [
        [0, { A: { root: PAY } }],
        [1, { A: { root: GUESSED } }],
      ],
      are: [`${PAY}: A`],
    },
    'a guess parts nobody from the others': {
      steps: [
        [0, { A: { root: PAY }, B: { root: PAY } }],
        [5, { A: { root: PAY }, B: { root: GUESSED } }],
        [30, { A: { root: PAY }, B: { root: GUESSED } }],
      ],
      are: [`${PAY}: A B`],
    },
    'an incident whose root was a guess goes with the one of the measured root': {
      steps: [
        [0, { A: { root: PAY } }],
        [1, { A: { root: PAY }, B: { root: GUESSED, since: 1 } }],
        [2, { A: { root: PAY }, B: { root: PAY, since: 1 } }],
      ],
      are: [`${PAY}: (B) A`, `${PAY}: B merged`],
    },
    'a root that is lost again stays': {
      steps: [
        [0, { A: { root: PAY } }],
        [1, { A: {} }],
      ],
      are: [`${PAY}: A`],
    },
    'two incidents found to share a root: the older one speaks for both': {
      steps: [
        [0, { A: {} }],
        [2, { A: {}, B: { since: 2 } }],
        [3, { A: { root: PAY }, B: { root: PAY, since: 2 } }],
      ],
      are: [`${PAY}: (B) A`, `${PAY}: B merged`],
    },
    'the older one ends: the younger was told through it, and both are over together': {
      steps: [
        [0, { A: {} }],
        [2, { A: {}, B: { since: 2 } }],
        [3, { A: { root: PAY }, B: { root: PAY, since: 2 } }],
        [4, { B: { root: PAY, since: 2 } }],
      ],
      are: [`${PAY}: (B)`, `${PAY}: B merged`],
    },
    'an alert that joins a root with two incidents joins the one that speaks': {
      steps: [
        [0, { A: {} }],
        [2, { A: {}, B: { since: 2 } }],
        [3, { A: { root: PAY }, B: { root: PAY, since: 2 } }],
        [4, { A: { root: PAY }, B: { root: PAY, since: 2 }, C: { root: PAY, since: 4 } }],
      ],
      are: [`${PAY}: (B) A C`, `${PAY}: B merged`],
    },
    'a member with another cause stays for ten minutes': {
      steps: [
        [0, { A: { root: PAY }, B: { root: PAY } }],
        [1, { A: { root: PAY }, B: { root: MAIL } }],
        [10, { A: { root: PAY }, B: { root: MAIL } }],
      ],
      are: [`${PAY}: A B`],
    },
    'and then leaves for an incident of its own': {
      steps: [
        [0, { A: { root: PAY }, B: { root: PAY } }],
        [1, { A: { root: PAY }, B: { root: MAIL } }],
        [11, { A: { root: PAY }, B: { root: MAIL } }],
      ],
      are: [`${PAY}: A`, `${MAIL}: B`],
    },
    'a cause that comes back in between starts the ten minutes over': {
      steps: [
        [0, { A: { root: PAY }, B: { root: PAY } }],
        [1, { A: { root: PAY }, B: { root: MAIL } }],
        [5, { A: { root: PAY }, B: { root: PAY } }],
        [6, { A: { root: PAY }, B: { root: MAIL } }],
        [11, { A: { root: PAY }, B: { root: MAIL } }],
      ],
      are: [`${PAY}: A B`],
    },
    'an only member does not leave its own incident': {
      steps: [
        [0, { A: { root: PAY } }],
        [1, { A: { root: MAIL } }],
        [20, { A: { root: MAIL } }],
      ],
      are: [`${PAY}: A`],
    },
    'alerts of one SLI are one incident without a root': {
      steps: [[0, { A: { group: 'sli' }, B: { group: 'sli' }, C: {} }]],
      are: ['sli: A B', 'C: C'],
    },
    'and who of it fires later joins, also when a root was found meanwhile': {
      steps: [
        [0, { A: { group: 'sli' } }],
        [1, { A: { group: 'sli', root: PAY } }],
        [2, { A: { group: 'sli', root: PAY }, B: { group: 'sli', since: 2 } }],
      ],
      are: [`${PAY}: A B`],
    },
    'and where the incident began with a root': {
      steps: [
        [0, { A: { group: 'sli', root: PAY } }],
        [2, { A: { group: 'sli', root: PAY }, B: { group: 'sli', since: 2 } }],
      ],
      are: [`${PAY}: A B`],
    },
    'alerts of one SLI with causes of their own are not': {
      steps: [[0, { A: { group: 'sli', root: PAY }, B: { group: 'sli', root: MAIL } }]],
      are: [`${PAY}: A`, `${MAIL}: B`],
    },
    'an alert about every environment joins the incident of one of them': {
      steps: [
        [0, { F3: { root: PAY, severity: 'ticket' } }],
        [3, { F3: { root: PAY, severity: 'ticket' }, A: { root: PAY, env: '', since: 3 } }],
      ],
      are: [`${PAY}: A F3`],
    },
    'and one of an environment that of every environment': {
      steps: [
        [0, { A: { root: PAY, env: '' } }],
        [3, { A: { root: PAY, env: '' }, B: { root: PAY, since: 3 } }],
      ],
      are: [`${PAY}: A B`],
    },
    'of several environments its own comes first': {
      steps: [
        [0, { A: { root: PAY, env: 'staging' }, B: { root: PAY } }],
        [3, { A: { root: PAY, env: 'staging' }, B: { root: PAY }, C: { root: PAY, since: 3 } }],
      ],
      are: [`${PAY}: A`, `${PAY}: B C`],
    },
    'two incidents found to share a root, one of them about every environment: the older one speaks': {
      steps: [
        [0, { A: {} }],
        [2, { A: {}, B: { since: 2, env: '' } }],
        [3, { A: { root: PAY }, B: { root: PAY, since: 2, env: '' } }],
      ],
      are: [`${PAY}: (B) A`, `${PAY}: B merged`],
    },
    'two environments are not one because an alert is about every environment': {
      steps: [
        [0, { A: {}, B: { env: 'staging' } }],
        [2, { A: {}, B: { env: 'staging' }, C: { since: 2, env: '' } }],
        [3, { A: { root: PAY }, B: { root: PAY, env: 'staging' }, C: { root: PAY, since: 2, env: '' } }],
      ],
      are: [`${PAY}: (C) A`, `${PAY}: B`, `${PAY}: C merged`],
    },
    'alerts of one group are one incident without a root': {
      steps: [
        [0, { 'A#budget50': { group: 'A#budget' } }],
        [9, { 'A#budget50': { group: 'A#budget' }, 'A#budget75': { group: 'A#budget', since: 9 } }],
      ],
      are: ['A#budget: A#budget50 A#budget75'],
    },
  }
  for (const [title, { steps, are }] of Object.entries(ROWS)) {
    it(title, () => expect(sentences(played(...steps))).toEqual(are))
  }

  it('only who was never in it is news', () => {
    const again = played(
      [0, { A: { root: PAY }, B: { root: PAY } }],
      [5, { B: { root: PAY } }],
      [7, { A: { root: PAY }, B: { root: PAY }, C: { root: PAY } }],
    )
    expect(again.map(({ joined }) => joined)).toEqual([['C']])
  })

  it('who moved is no news, and is known to come from where it was', () => {
    const moved = played(
      [0, { A: { root: PAY }, B: { root: PAY } }],
      [1, { A: { root: PAY }, B: { root: MAIL } }],
      [11, { A: { root: PAY }, B: { root: MAIL } }],
    )
    const [from, to] = moved as [Grouped, Grouped]
    expect(to.joined).toEqual([])
    expect(to.movedFrom).toEqual({ B: from.group.id })
  })

  it('the id and key of an incident stay when its root is found', () => {
    const [before] = played([0, { A: {} }])
    const [after] = played([0, { A: {} }], [1, { A: { root: PAY } }])
    expect([after?.group.id, after?.group.key]).toEqual([before?.group.id, 'A'])
  })

  it('deciding the same again after a crash names the same incident', () => {
    expect(played([0, { A: { root: PAY } }])[0]?.group.id).toBe(played([0, { A: { root: PAY } }])[0]?.group.id)
  })

  it('for any history every firing alert belongs to exactly one incident by itself', () => {
    const anyAlerts = fc.dictionary(
      fc.constantFrom('A', 'B', 'C', 'D'),
      fc.record({ root: fc.constantFrom('', PAY, MAIL), severity: fc.constantFrom<Severity>('page', 'ticket') }),
    )
    fc.assert(
      fc.property(fc.array(anyAlerts, { maxLength: 12 }), (history) => {
        const grouped = played(...history.map((alerts, n): [number, Alerts] => [n * 4, alerts]))
        const own = grouped.flatMap((each) => activeIn(each).filter((id) => !id.startsWith('(')))
        expect(own.toSorted()).toEqual(Object.keys(history.at(-1) ?? {}).sort())
        expect(new Set(grouped.map((each) => each.group.id)).size).toBe(grouped.length)
      }),
    )
  })
})
