import { describe, expect, it } from 'vitest'
import type { Counts } from '../../slo/model.ts'
import { PAGER_DESK_CHAT, play, type Send, type Stretch, sloWith, TIERS_30D } from './alert-timeline.ts'

const CLEAN: Counts = { good: 1000, total: 1000 }

/** `p F first page @1`: endpoint, firing or resolved, reason, severity, minute. */
const sentence = ({ endpoint, event, reason, severity, atSecond }: Send) =>
  `${endpoint} ${event === 'firing' ? 'F' : 'R'} ${reason} ${severity} @${atSecond / 60}`

const failing = (from: number, to: number, failedOf1000: number): Stretch => ({
  from,
  to,
  good: 1000 - failedOf1000,
  total: 1000,
})

interface Row {
  stretches: Stretch[]
  until: number
  history?: Counts
  slo?: Parameters<typeof sloWith>[0]
  sends: string[]
}

const ROWS: Record<string, Row> = {
  'a total outage of ten minutes pages, falls to a ticket, ends': {
    stretches: [failing(0, 10, 1000)],
    until: 700,
    sends: [
      'p F first page @1',
      'c F first page @1',
      'p R deescalated page @45',
      'd F deescalated ticket @45',
      'c F deescalated ticket @45',
      'd R resolved ticket @400',
      'c R resolved ticket @400',
    ],
  },
  'a total outage of one minute pages and ends without a ticket': {
    stretches: [failing(0, 1, 1000)],
    until: 400,
    sends: ['p F first page @1', 'c F first page @1', 'p R resolved page @11', 'c R resolved page @11'],
  },
  'a minute with 80 % failures is no alert': { stretches: [failing(0, 1, 800)], until: 400, sends: [] },
  '2 % failures for an hour page after 44 minutes': {
    stretches: [failing(0, 60, 20)],
    until: 500,
    sends: ['p F first page @44', 'c F first page @44', 'p R resolved page @67', 'c R resolved page @67'],
  },
  '1 % failures for five hours page by the 6 h tier': {
    stretches: [failing(0, 300, 10)],
    until: 900,
    sends: ['p F first page @217', 'c F first page @217', 'p R resolved page @319', 'c R resolved page @319'],
  },
  '0.5 % failures make a ticket after the group wait': {
    stretches: [failing(0, 1000, 5)],
    until: 2000,
    sends: ['d F first ticket @866', 'c F first ticket @866', 'd R resolved ticket @1326', 'c R resolved ticket @1326'],
  },
  'a burn of exactly 1 is no alert': { stretches: [failing(0, 6000, 1)], until: 6400, sends: [] },
  'at 90 % the 14.4 tier cannot exist and the 6 h tier pages': {
    stretches: [failing(0, 240, 1000)],
    until: 900,
    slo: { targetPpm: 900_000, tiers: TIERS_30D.filter(({ factor }) => factor < 10) },
    sends: ['p F first page @217', 'c F first page @217', 'p R resolved page @259', 'c R resolved page @259'],
  },
  'two outages within one episode are one stream': {
    stretches: [failing(0, 2, 1000), failing(9, 11, 1000)],
    until: 700,
    sends: ['p F first page @1', 'c F first page @1', 'p R resolved page @46', 'c R resolved page @46'],
  },
  'a ticket that becomes a page and falls back': {
    stretches: [failing(0, 1200, 4), failing(1200, 1260, 50)],
    until: 2400,
    sends: [
      'd F first ticket @1082',
      'c F first ticket @1082',
      'p F escalated page @1214',
      'c F escalated page @1214',
      'p R deescalated page @1292',
      'd F deescalated ticket @1292',
      'c F deescalated ticket @1292',
      'd R resolved ticket @1644',
      'c R resolved ticket @1644',
    ],
  },
  'a burn that falls into the hold band says nothing more': {
    stretches: [
      { from: 0, to: 50, good: 9800, total: 10_000 },
      { from: 50, to: 170, good: 9865, total: 10_000 },
    ],
    until: 1200,
    sends: [
      'p F first page @13',
      'c F first page @13',
      'p R deescalated page @204',
      'd F deescalated ticket @204',
      'c F deescalated ticket @204',
      'd R resolved ticket @558',
      'c R resolved ticket @558',
    ],
  },
  'nothing but the hold band keeps a page open': {
    history: { good: 10_000, total: 10_000 },
    stretches: [
      { from: 0, to: 50, good: 9800, total: 10_000 },
      { from: 50, to: 110, good: 9865, total: 10_000 },
    ],
    until: 600,
    sends: ['p F first page @44', 'c F first page @44', 'p R resolved page @116', 'c R resolved page @116'],
  },
  'one failure where there is one call a minute is no alert': {
    history: { good: 1, total: 1 },
    stretches: [{ from: 0, to: 1, good: 0, total: 1 }],
    until: 5000,
    sends: [],
  },
}

describe('incidents played minute by minute', () => {
  for (const [title, { stretches, until, history = CLEAN, slo, sends }] of Object.entries(ROWS)) {
    it(title, () => {
      const played = play({
        slo: sloWith(slo),
        history,
        stretches,
        untilMinute: until,
        endpoints: PAGER_DESK_CHAT,
      })
      expect(played.map(sentence)).toEqual(sends)
    })
  }
})
