import { describe, expect, it } from 'vitest'
import { confidenceOf, wilsonLowerBound } from '../../slo/alert/alert-confidence.ts'
import { incidentId } from '../../slo/alert/alert-incident-id.ts'
import { ALERT_POLICY, type AlertPolicy } from '../../slo/alert/alert-policy.ts'
import {
  type IncidentNow,
  type IncidentStream,
  type Intent,
  type MuteReason,
  NO_TRAITS,
  type Projection,
  project,
  startStream,
} from '../../slo/alert/alert-stream.ts'
import { joinPlans, planOf, type StreamPlan } from '../../slo/alert/stream-plan.ts'
import type { Severity } from '../../slo/model.ts'

const NOW = new Date('2026-01-01T00:01:00Z')
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000)
const MINUTE = 60
const HOUR = 60 * MINUTE

/** p takes pages, d tickets, c both. */
const PLAN: StreamPlan = {
  subscriptions: { p: ['page'], d: ['ticket'], c: ['page', 'ticket'] },
  escalation: [],
  groupWaitMs: { page: 0, ticket: 60_000 },
  repeatMs: ALERT_POLICY.repeatMs,
  quietHours: {},
}

/** What an incident is like at an instant: severity of its only alert, unless said otherwise. */
interface Step extends Partial<IncidentNow> {
  /** Seconds from NOW. */
  s?: number
  is?: Severity | null
  muted?: MuteReason | null
  cleared?: boolean
}

const incidentAt = ({ is = 'page', muted = null, cleared = false, s: _, ...rest }: Step): IncidentNow => ({
  firing: is === null ? [] : [{ alert: 'A', severity: is, muted, cleared, joined: false }],
  acknowledgement: null,
  traits: NO_TRAITS,
  closed: null,
  tellsEnd: true,
  ...rest,
})

/** Plays an incident from its start; what each step told and withheld, state going through JSON in between. */
function played(steps: Step[], plan = PLAN, policy: AlertPolicy = ALERT_POLICY): Projection[] {
  const projections: Projection[] = []
  let stream: IncidentStream | null = startStream(steps[0]?.is ?? 'page', plan, at(steps[0]?.s ?? 0))
  for (const step of steps) {
    if (!stream) break
    const projection: Projection = project(stream, incidentAt(step), at(step.s ?? 0), policy)
    projections.push(projection)
    stream = projection.stream && (JSON.parse(JSON.stringify(projection.stream)) as IncidentStream)
  }
  return projections
}

const sentence = ({ endpoint, event, reason, severity, replaces, sequence }: Intent) =>
  `${endpoint} ${event} ${reason} ${severity}${replaces ? ` for ${replaces}` : ''} #${sequence}`
const told = (projection: Projection | undefined) => projection?.intents.map(sentence)
const withheld = (projection: Projection | undefined) =>
  projection?.withheld.map(({ endpoint, reason }) => `${endpoint} ${reason}`)
const last = (projections: Projection[]) => projections.at(-1)

describe('the endpoint projection', () => {
  it('page fired: page endpoints are told at once, ticket endpoints are not', () => {
    const [first] = played([{}])
    expect(told(first)).toEqual(['p firing first page #1', 'c firing first page #1'])
    expect(withheld(first)).toEqual(['d absorbed_by_page'])
  })

  it('ticket fired: nobody is told before the group wait is over, then once', () => {
    const [start, before, due, after] = played([
      { is: 'ticket' },
      { is: 'ticket', s: 59 },
      { is: 'ticket', s: 60 },
      { is: 'ticket', s: 65 },
    ])
    expect(told(start)).toEqual([])
    expect(withheld(start)).toEqual(['p severity_filter', 'd group_wait', 'c group_wait'])
    expect(told(before)).toEqual([])
    expect(told(due)).toEqual(['d firing first ticket #1', 'c firing first ticket #1'])
    expect(told(after)).toEqual([])
    expect(withheld(after)).toEqual(['p severity_filter', 'd repeat_not_due', 'c repeat_not_due'])
  })

  it('ticket over before the group wait: nobody ever hears of it', () => {
    const end = last(played([{ is: 'ticket' }, { is: null, s: 30 }]))
    expect(told(end)).toEqual([])
    expect(withheld(end)).toEqual(['p severity_filter', 'd never_announced', 'c never_announced'])
    expect(end?.stream).toBeNull()
  })

  it('ticket escalated: page endpoints are told, an open ticket stays open and hears nothing', () => {
    const end = last(played([{ is: 'ticket' }, { is: 'ticket', s: 60 }, { s: 120 }]))
    expect(told(end)).toEqual(['p firing escalated page #2', 'c firing escalated page for ticket #2'])
    expect(withheld(end)).toEqual(['d covered_by_page'])
    expect(Object.entries(end?.stream?.open ?? {}).map(([name, { severity }]) => `${name} ${severity}`)).toEqual([
      'd ticket',
      'c page',
      'p page',
    ])
  })

  it('ticket escalated within the group wait: the page is told, the ticket is not', () => {
    const [, rise, later] = played([{ is: 'ticket' }, { s: 30 }, { s: 90 }])
    expect(told(rise)).toEqual(['p firing first page #1', 'c firing first page #1'])
    expect(withheld(rise)).toEqual(['d absorbed_by_page'])
    expect(told(later)).toEqual([])
  })

  it('page de-escalated: page-only endpoints hear the end, ticket endpoints a ticket, at once', () => {
    const end = last(played([{}, { is: 'ticket', s: 60 }]))
    expect(told(end)).toEqual([
      'p resolved deescalated page #2',
      'd firing deescalated ticket #2',
      'c firing deescalated ticket for page #2',
    ])
    expect(Object.keys(end?.stream?.open ?? {}).sort()).toEqual(['c', 'd'])
  })

  it('a ticket endpoint that a page had covered hears of the ticket again', () => {
    const end = last(played([{ is: 'ticket' }, { is: 'ticket', s: 60 }, { s: 120 }, { is: 'ticket', s: 180 }]))
    expect(told(end)).toEqual([
      'p resolved deescalated page #3',
      'd firing deescalated ticket #3',
      'c firing deescalated ticket for page #3',
    ])
  })

  it('resolved: everybody with something open hears the end, once', () => {
    const end = last(played([{}, { is: 'ticket', s: 60 }, { is: null, s: 120 }]))
    expect(told(end)?.toSorted()).toEqual(['c resolved resolved ticket #3', 'd resolved resolved ticket #3'])
    expect(withheld(end)).toEqual(['p severity_filter'])
  })

  it('page, ticket, page again: the page endpoint is told anew under a higher sequence', () => {
    expect(told(last(played([{}, { is: 'ticket', s: 60 }, { s: 120 }])))).toEqual([
      'p firing escalated page #3',
      'c firing escalated page for ticket #3',
    ])
  })

  it('a dry run decides and journals, and tells nobody', () => {
    const steps = played([{}, { s: 60 }, { is: null, s: 120 }], PLAN, { ...ALERT_POLICY, dryRun: true })
    expect(steps.flatMap(told)).toEqual([])
    expect(withheld(steps[0])).toEqual(['p dry_run', 'd absorbed_by_page', 'c dry_run'])
    expect(withheld(last(steps))).toEqual(['p never_announced', 'd severity_filter', 'c never_announced'])
  })

  it('state goes through JSON unchanged', () => {
    const { stream } = last(played([{ is: 'ticket' }, { is: 'ticket', s: 60 }])) as Projection
    expect(JSON.parse(JSON.stringify(stream))).toEqual(stream)
  })
})

describe('repeats', () => {
  it('an open page is told again after four hours, and the clock starts over', () => {
    const [, early, due, again] = played([{}, { s: 4 * HOUR - 1 }, { s: 4 * HOUR }, { s: 5 * HOUR }])
    expect(withheld(early)).toEqual(['p repeat_not_due', 'd absorbed_by_page', 'c repeat_not_due'])
    expect(told(due)).toEqual(['p firing repeat page #2', 'c firing repeat page #2'])
    expect(told(again)).toEqual([])
  })

  it('an open ticket is told again after a day', () => {
    const [, , early, due] = played([
      { is: 'ticket' },
      { is: 'ticket', s: 60 },
      { is: 'ticket', s: 24 * HOUR },
      { is: 'ticket', s: 24 * HOUR + 60 },
    ])
    expect(told(early)).toEqual([])
    expect(told(due)).toEqual(['d firing repeat ticket #2', 'c firing repeat ticket #2'])
  })
})

const ESCALATING: StreamPlan = {
  ...PLAN,
  escalation: [
    { afterMs: 15 * MINUTE * 1000, endpoints: ['b'] },
    { afterMs: 30 * MINUTE * 1000, endpoints: ['boss'] },
  ],
}
const acknowledged = (s: number, untilS = s + 8 * HOUR) => ({ by: 'sam', at: at(s), until: at(untilS) })

describe('escalation', () => {
  it('steps count from the first page, each is sent once, and is owed the end', () => {
    const steps = played(
      [
        {},
        { s: 15 * MINUTE - 1 },
        { s: 15 * MINUTE },
        { s: 16 * MINUTE },
        { s: 31 * MINUTE },
        { is: null, s: 2 * HOUR },
      ],
      ESCALATING,
    )
    expect(steps.slice(1, 5).map(told)).toEqual([
      [],
      ['b firing escalation_step page #2'],
      [],
      ['boss firing escalation_step page #3'],
    ])
    expect(told(last(steps))?.toSorted()).toEqual([
      'b resolved resolved page #4',
      'boss resolved resolved page #4',
      'c resolved resolved page #4',
      'p resolved resolved page #4',
    ])
  })

  it('two steps that are overdue are sent together', () => {
    expect(told(last(played([{}, { s: 40 * MINUTE }], ESCALATING)))).toEqual([
      'b firing escalation_step page #2',
      'boss firing escalation_step page #2',
    ])
  })

  it('who was told by a step hears when the page falls to a ticket', () => {
    const end = last(played([{}, { s: 15 * MINUTE }, { is: 'ticket', s: 20 * MINUTE }], ESCALATING))
    expect(told(end)).toContain('b resolved deescalated page #3')
  })

  it('a page that begins anew after a ticket escalates anew', () => {
    const end = played(
      [{}, { s: 15 * MINUTE }, { is: 'ticket', s: 20 * MINUTE }, { s: 25 * MINUTE }, { s: 40 * MINUTE }],
      ESCALATING,
    )
    expect(told(last(end))).toEqual(['b firing escalation_step page #5'])
  })

  it('a ticket does not escalate', () => {
    expect(
      told(last(played([{ is: 'ticket' }, { is: 'ticket', s: 60 }, { is: 'ticket', s: HOUR }], ESCALATING))),
    ).toEqual([])
  })

  it('waits while it is silenced, and goes on afterwards', () => {
    const [, held, after] = played([{}, { s: 15 * MINUTE, muted: 'silenced' }, { s: 20 * MINUTE }], ESCALATING)
    expect(told(held)).toEqual([])
    expect(withheld(held)).toContain('b silenced')
    expect(told(after)).toEqual(['b firing escalation_step page #2'])
  })
})

describe('an acknowledgement', () => {
  it('stops repeats and escalation', () => {
    const acknowledgement = acknowledged(MINUTE)
    const [, , step, repeat] = played(
      [{}, { s: MINUTE, acknowledgement }, { s: 15 * MINUTE, acknowledgement }, { s: 4 * HOUR, acknowledgement }],
      ESCALATING,
    )
    expect(told(step)).toEqual([])
    expect(withheld(step)).toEqual(['p acknowledged', 'd absorbed_by_page', 'c acknowledged', 'b acknowledged'])
    expect(told(repeat)).toEqual([])
  })

  it('lets the end through, and new members', () => {
    const acknowledgement = acknowledged(MINUTE)
    const both: IncidentNow['firing'] = [
      { alert: 'A', severity: 'page', muted: null, cleared: false, joined: false },
      { alert: 'B', severity: 'page', muted: null, cleared: false, joined: true },
    ]
    const [, joined, end] = played([
      {},
      { s: 6 * MINUTE, acknowledgement, firing: both },
      { is: null, s: 7 * MINUTE, acknowledgement },
    ])
    expect(told(joined)).toEqual(['p firing members_added page #2', 'c firing members_added page #2'])
    expect(told(end)).toHaveLength(2)
  })

  it('is void when severity rises', () => {
    const acknowledgement = acknowledged(2 * MINUTE)
    const steps = played(
      [
        { is: 'ticket' },
        { is: 'ticket', s: 60 },
        { is: 'ticket', s: 180, acknowledgement },
        { s: 240, acknowledgement },
        { s: 1200, acknowledgement },
      ],
      ESCALATING,
    )
    expect(told(steps[3])).toEqual(['p firing escalated page #2', 'c firing escalated page for ticket #2'])
    expect(told(last(steps))).toEqual(['b firing escalation_step page #3'])
  })

  it('that ends while the page still fires is told to page endpoints', () => {
    const acknowledgement = acknowledged(MINUTE, HOUR)
    const [, , end, later] = played([
      {},
      { s: MINUTE, acknowledgement },
      { s: HOUR, acknowledgement },
      { s: HOUR + 5, acknowledgement },
    ])
    expect(told(end)).toEqual(['p firing ack_expired page #2', 'c firing ack_expired page #2'])
    expect(told(later)).toEqual([])
  })

  it('is passed on where it can be shown', () => {
    const traits = { ...NO_TRAITS, acknowledges: new Set(['p']) }
    const acknowledgement = acknowledged(MINUTE)
    const [, first, later] = played([
      {},
      { s: MINUTE, acknowledgement, traits },
      { s: 2 * MINUTE, acknowledgement, traits },
    ])
    expect(told(first)).toEqual(['p firing acknowledged page #2'])
    expect(told(later)).toEqual([])
  })
})

describe('overlays', () => {
  const ENDS = {
    silenced: 'silence_ended',
    maintenance: 'maintenance_ended',
    inhibited: 'first',
    grouped_under_root: 'first',
  } as const
  for (const [muted, reason] of Object.entries(ENDS) as [MuteReason, string][]) {
    it(`${muted}: nothing is told while it lasts, and what still fires then is told as ${reason}`, () => {
      const [first, end] = played([{ muted }, { s: 600 }])
      expect(told(first)).toEqual([])
      expect(withheld(first)).toEqual([`p ${muted}`, 'd absorbed_by_page', `c ${muted}`])
      expect(told(end)).toEqual([`p firing ${reason} page #1`, `c firing ${reason} page #1`])
    })
  }

  it('a silence that begins after the page lets the resolve through', () => {
    expect(told(last(played([{}, { s: 60, muted: 'silenced' }, { is: null, s: 120 }])))).toEqual([
      'p resolved resolved page #2',
      'c resolved resolved page #2',
    ])
  })

  for (const muted of ['silenced', 'maintenance', 'inhibited', 'grouped_under_root'] as const) {
    it(`${muted} while the page falls to a ticket: only the end of the page is told, where no ticket follows it`, () => {
      const [, fall, later] = played([{}, { is: 'ticket', muted, s: 60 }, { is: 'ticket', muted, s: 120 }])
      expect(told(fall)).toEqual(['p resolved deescalated page #2'])
      expect(withheld(fall)).toEqual([`d ${muted}`, `c ${muted}`])
      expect(told(later)).toEqual([])
    })
  }

  it('a silence that ends after the page fell to a ticket opens the ticket where nothing is open', () => {
    const [, , end, later, over] = played([
      {},
      { is: 'ticket', muted: 'silenced', s: 60 },
      { is: 'ticket', s: 120 },
      { is: 'ticket', s: 180 },
      { is: null, s: 240 },
    ])
    expect(told(end)).toEqual(['d firing silence_ended ticket #3'])
    expect(told(later)).toEqual([])
    expect(told(over)?.toSorted()).toEqual(['c resolved resolved ticket #4', 'd resolved resolved ticket #4'])
  })

  it('a repeat after a silenced fall says what is left: a ticket', () => {
    const steps = played([{}, { is: 'ticket', muted: 'silenced', s: 60 }, { is: 'ticket', s: 4 * HOUR }])
    expect(told(last(steps))).toEqual(['d firing silence_ended ticket #3', 'c firing repeat ticket for page #3'])
  })

  it('a muted page is not repeated because of a ticket in the same incident', () => {
    const page = { alert: 'A', severity: 'page', cleared: false, joined: false } as const
    const ticket = { alert: 'B', severity: 'ticket', muted: null, cleared: false, joined: false } as const
    const steps = played([
      { firing: [{ ...page, muted: null }] },
      { s: 4 * HOUR, firing: [{ ...page, muted: 'silenced' }, ticket] },
    ])
    expect(told(last(steps))).toEqual(['d firing first ticket #2'])
  })

  it('severity that rose while silenced is told at the end where less was open', () => {
    const end = last(played([{ is: 'ticket' }, { is: 'ticket', s: 60 }, { muted: 'silenced', s: 120 }, { s: 600 }]))
    expect(told(end)).toEqual(['p firing silence_ended page #2', 'c firing silence_ended page for ticket #2'])
  })

  it('a muted member keeps the others from nothing', () => {
    const firing: IncidentNow['firing'] = [
      { alert: 'A', severity: 'page', muted: 'silenced', cleared: false, joined: false },
      { alert: 'B', severity: 'ticket', muted: null, cleared: false, joined: false },
    ]
    const [first, , end] = played([{ firing }, { firing, s: 60 }, { s: 600 }])
    expect(told(first)).toEqual(['d firing first ticket #1', 'c firing first ticket #1'])
    expect(withheld(first)).toEqual(['p silenced'])
    expect(told(end)).toEqual(['p firing silence_ended page #2', 'c firing silence_ended page for ticket #2'])
  })

  it('whose author wants no message when it ends: chat and mail hear nothing, the others do', () => {
    const traits = { ...NO_TRAITS, messages: new Set(['c']) }
    const end = last(played([{}, { is: null, s: 60, traits, tellsEnd: false }]))
    expect(told(end)).toEqual(['p resolved resolved page #2'])
    expect(withheld(end)).toEqual(['c policy_off', 'd severity_filter'])
  })
})

describe('an endpoint that the configuration does not know any more', () => {
  const traits = { ...NO_TRAITS, known: new Set(['c', 'd']) }
  it('is told the end once, and nothing else afterwards', () => {
    const [, gone, later, over] = played([
      {},
      { s: 60, traits },
      { s: 4 * HOUR, traits },
      { s: 5 * HOUR, is: null, traits },
    ])
    expect(told(gone)).toEqual(['p resolved endpoint_removed page #2'])
    expect(told(later)).toEqual(['c firing repeat page #3'])
    expect(withheld(later)).toContain('p endpoint_disabled')
    expect(told(over)).toEqual(['c resolved resolved page #4'])
  })
  it('is no step of an escalation', () => {
    const steps = played([{ traits }, { s: 40 * MINUTE, traits }], ESCALATING)
    expect(told(last(steps))).toEqual([])
  })
})

describe('a condition that has cleared, and is only kept open', () => {
  const cleared = true
  const page = { alert: 'A', severity: 'page', muted: null, joined: false } as const

  it('sends no escalation step, and the step is sent when it holds again', () => {
    const [, step, again] = played([{}, { s: 15 * MINUTE, cleared }, { s: 16 * MINUTE }], ESCALATING)
    expect(told(step)).toEqual([])
    expect(withheld(step)).toContain('b keep_firing')
    expect(told(again)).toEqual(['b firing escalation_step page #2'])
  })

  it('is not repeated', () => {
    expect(told(last(played([{}, { s: 4 * HOUR, cleared }])))).toEqual([])
  })

  for (const muted of ['silenced', 'maintenance', 'inhibited', 'grouped_under_root'] as const) {
    it(`is not announced when it is ${muted} no more`, () => {
      const [, end, over] = played([{ muted }, { s: 600, cleared }, { s: 700, is: null }])
      expect(told(end)).toEqual([])
      expect(withheld(end)).toEqual(['p keep_firing', 'd absorbed_by_page', 'c keep_firing'])
      expect(told(over)).toEqual([])
    })
  }

  it('is not announced as a ticket when the group wait is over', () => {
    expect(told(last(played([{ is: 'ticket' }, { is: 'ticket', s: 60, cleared }])))).toEqual([])
  })

  it('is not announced in the morning', () => {
    const night = { timeZone: 'UTC', hours: [{ fromMinute: 22 * 60, toMinute: 6 * 60 }], days: [] }
    const plan = { ...PLAN, groupWaitMs: { page: 0, ticket: 0 }, quietHours: { d: night, c: night } }
    const [, morning] = played([{ is: 'ticket' }, { is: 'ticket', s: 6 * HOUR, cleared }], plan)
    expect(told(morning)).toEqual([])
  })

  it('does not say that an acknowledgement ended, until it holds again', () => {
    const acknowledgement = acknowledged(MINUTE, HOUR)
    const [, , end, again, later] = played([
      {},
      { s: MINUTE, acknowledgement },
      { s: HOUR, acknowledgement, cleared },
      { s: HOUR + 60 },
      { s: HOUR + 120 },
    ])
    expect(told(end)).toEqual([])
    expect(told(again)).toEqual(['p firing ack_expired page #2', 'c firing ack_expired page #2'])
    expect(told(later)).toEqual([])
  })

  it('is no new member', () => {
    const joins = { ...page, alert: 'B', joined: true }
    const [, due, again] = played([
      { firing: [{ ...page, cleared: false }] },
      {
        s: 600,
        firing: [
          { ...page, cleared: false },
          { ...joins, cleared },
        ],
      },
      {
        s: 900,
        firing: [
          { ...page, cleared: false },
          { ...joins, joined: false, cleared: false },
        ],
      },
    ])
    expect(told(due)).toEqual([])
    expect(told(again)).toEqual(['p firing members_added page #2', 'c firing members_added page #2'])
  })

  it('raises no severity for an endpoint with less open', () => {
    const ticket = { alert: 'T', severity: 'ticket', muted: null, cleared: false, joined: false } as const
    const steps = played([
      { is: 'ticket', firing: [ticket] },
      { s: 60, firing: [ticket] },
      { s: 120, firing: [ticket, { ...page, joined: true, cleared }] },
    ])
    expect(told(last(steps))).toEqual([])
    expect(withheld(last(steps))).toEqual(['p keep_firing', 'd repeat_not_due', 'c keep_firing'])
  })

  it('announces no ticket that the end of a page leaves behind', () => {
    const ticket = { alert: 'T', severity: 'ticket', muted: null, cleared, joined: false } as const
    const [, fall] = played([{ firing: [{ ...page, cleared: false }, ticket] }, { s: 600, firing: [ticket] }])
    expect(told(fall)).toEqual(['p resolved deescalated page #2'])
  })

  it('ends where it was told, whatever held it back', () => {
    expect(told(last(played([{}, { s: 60, cleared }, { s: 400, is: null, muted: 'silenced' }])))).toHaveLength(2)
  })
})

describe('quiet hours', () => {
  it('a page that falls to a ticket at night is a ticket in the morning; its end is told at once', () => {
    const night = { timeZone: 'UTC', hours: [{ fromMinute: 22 * 60, toMinute: 6 * 60 }], days: [] }
    const [, fall, morning, later] = played(
      [{}, { is: 'ticket', s: HOUR }, { is: 'ticket', s: 6 * HOUR }, { is: 'ticket', s: 7 * HOUR }],
      { ...PLAN, quietHours: { d: night, c: night } },
    )
    expect(told(fall)).toEqual(['p resolved deescalated page #2'])
    expect(withheld(fall)).toEqual(['d quiet_hours', 'c quiet_hours'])
    expect(told(morning)).toEqual(['d firing deescalated ticket #3', 'c firing deescalated ticket for page #3'])
    expect(told(later)).toEqual([])
  })

  /** NOW is 00:01 UTC on a Thursday. */
  const plan: StreamPlan = {
    ...PLAN,
    groupWaitMs: { page: 0, ticket: 0 },
    quietHours: { d: { timeZone: 'UTC', hours: [{ fromMinute: 22 * 60, toMinute: 6 * 60 }], days: [] } },
  }
  it('a ticket waits for the morning', () => {
    const [night, morning] = played([{ is: 'ticket' }, { is: 'ticket', s: 6 * HOUR }], plan)
    expect(told(night)).toEqual(['c firing first ticket #1'])
    expect(withheld(night)).toEqual(['p severity_filter', 'd quiet_hours'])
    expect(told(morning)).toEqual(['d firing first ticket #2'])
  })
  it('a ticket that is open is not repeated at night, but in the morning', () => {
    // d is told at 10:01; it is due again within the next night, which begins at 17:00.
    const early = {
      ...plan,
      quietHours: { d: { ...plan.quietHours.d!, hours: [{ fromMinute: 17 * 60, toMinute: 6 * 60 }] } },
    }
    const [, , night, morning, later] = played(
      [
        { is: 'ticket', s: -HOUR },
        { is: 'ticket', s: 10 * HOUR },
        { is: 'ticket', s: 34 * HOUR + 8 * HOUR },
        { is: 'ticket', s: 54 * HOUR },
        { is: 'ticket', s: 55 * HOUR },
      ],
      early,
    )
    expect(withheld(night)).toContain('d quiet_hours')
    expect(told(night)).toEqual(['c firing repeat ticket #3'])
    expect(told(morning)).toEqual(['d firing repeat ticket #4'])
    expect(told(later)).toEqual([])
  })
  it('members that join at night are told in the morning to who slept, and to the others at once', () => {
    const member = (alert: string, joined: boolean) => ({
      alert,
      severity: 'ticket' as const,
      muted: null,
      cleared: false,
      joined,
    })
    const evening = -4 * HOUR
    const both = [member('A', false), member('B', false)]
    const [, joins, night, morning, later] = played(
      [
        { is: 'ticket', s: evening, firing: [member('A', false)] },
        { s: 0, firing: [member('A', false), member('B', true)] },
        { s: HOUR, firing: both },
        { s: 6 * HOUR, firing: both },
        { s: 7 * HOUR, firing: both },
      ],
      plan,
    )
    expect(told(joins)).toEqual(['c firing members_added ticket #2'])
    expect(withheld(joins)).toContain('d quiet_hours')
    expect(told(night)).toEqual([])
    expect(told(morning)).toEqual(['d firing members_added ticket #3'])
    expect(told(later)).toEqual([])
  })
  it('one that is over by then is never told', () => {
    expect(withheld(last(played([{ is: 'ticket' }, { is: null, s: HOUR }], plan)))).toContain('d never_announced')
  })
})

describe('new members', () => {
  const with_ = (alert: string, severity: Severity, joined = true) => ({
    alert,
    severity,
    muted: null,
    cleared: false,
    joined,
  })
  it('are told once per group interval, with everybody who joined meanwhile', () => {
    const a = with_('A', 'page', false)
    const b = (joined: boolean) => with_('B', 'page', joined)
    const [, early, wait, due, after] = played([
      { firing: [a] },
      { s: 60, firing: [a, b(true)] },
      { s: 299, firing: [a, b(false)] },
      { s: 300, firing: [a, b(false)] },
      { s: 305, firing: [a, b(false)] },
    ])
    expect(withheld(early)).toEqual(['p group_interval', 'd absorbed_by_page', 'c group_interval'])
    expect(told(wait)).toEqual([])
    expect(told(due)).toEqual(['p firing members_added page #2', 'c firing members_added page #2'])
    expect(told(after)).toEqual([])
  })
  it('that raise severity are told at once', () => {
    const a = with_('A', 'ticket', false)
    const [, , rise] = played([
      { is: 'ticket', firing: [a] },
      { s: 60, firing: [a] },
      { s: 70, firing: [a, with_('B', 'page')] },
    ])
    expect(told(rise)).toEqual(['p firing escalated page #2', 'c firing escalated page for ticket #2'])
  })
  it('of a lower severity are no news', () => {
    const a = with_('A', 'page', false)
    const [, , later] = played([{ firing: [a] }, { s: 60, firing: [a, with_('B', 'ticket')] }, { s: 600, firing: [a] }])
    expect(told(later)).toEqual([])
  })
})

describe('the plan of a stream', () => {
  const routes = [
    {
      matchers: [{ name: 'severity', op: '=' as const, value: 'page' }],
      endpoints: ['pager'],
      escalation: [{ afterMs: 900_000, endpoints: ['backup'] }],
      repeatMs: 1_000,
      routes: [
        { matchers: [{ name: 'service', op: '=' as const, value: 'cart' }], endpoints: ['cart-pager'], routes: [] },
      ],
    },
    { matchers: [], endpoints: ['desk', 'desk'], routes: [] },
  ]
  it('knows the endpoints of both severities', () => {
    expect(planOf(routes, { service: 'shop' }, ALERT_POLICY)).toEqual({
      subscriptions: { pager: ['page'], desk: ['ticket'] },
      escalation: [{ afterMs: 900_000, endpoints: ['backup'] }],
      groupWaitMs: ALERT_POLICY.groupWaitMs,
      repeatMs: { page: 1_000, ticket: ALERT_POLICY.repeatMs.ticket },
      quietHours: {},
    })
  })
  it('takes endpoints that the author names, and waits for nothing where it must not', () => {
    const plan = planOf(routes, {}, ALERT_POLICY, { named: ['mine'], waits: false })
    expect(plan.subscriptions).toEqual({ mine: ['page', 'ticket'] })
    expect(plan.groupWaitMs).toEqual({ page: 0, ticket: 0 })
  })
  it('takes up the endpoints of whoever joins, and keeps what was pinned', () => {
    const shop = planOf(routes, { service: 'shop' }, ALERT_POLICY)
    const joined = joinPlans(shop, planOf(routes, { service: 'cart' }, ALERT_POLICY))
    expect(joined.subscriptions).toEqual({ 'cart-pager': ['page'], pager: ['page'], desk: ['ticket'] })
    expect(joined.escalation).toHaveLength(1)
    expect(joinPlans(shop, shop)).toBe(shop)
  })
})

describe('incident ids', () => {
  const AT = Date.parse('2026-01-01T00:00:00Z')
  it('are the same for the same SLO and start, and for nothing else', () => {
    expect(incidentId('a', AT)).toBe(incidentId('a', AT))
    expect(new Set([incidentId('a', AT), incidentId('b', AT), incidentId('a', AT + 60_000)]).size).toBe(3)
  })
  it('sort by start', () => {
    expect(incidentId('z', AT) < incidentId('a', AT + 60_000)).toBe(true)
  })
})

describe('confidence in a cause', () => {
  it.each([
    [0.82, 400, 0.779, 'high'],
    [0.66, 30, 0.481, 'medium'],
    [0.66, 400, 0.612, 'high'],
    [0.5, 10_000, 0.49, 'low'],
  ] as const)('%f of %i: at least %f, %s', (share, n, bound, confidence) => {
    expect(wilsonLowerBound(share, n)).toBeCloseTo(bound, 3)
    expect(confidenceOf(share, n)).toBe(confidence)
  })
})
