import { describe, expect, test } from 'vitest'
import { pagesFirst } from '../../dashboards/web/incident-order.ts'
import { causeOf, causeWords, overviewSentence, sameCause, suspectOf, verbOf } from '../../dashboards/web/words.ts'
import { OUTCOMES } from '../../integration/outcome.ts'
import { incident, slo } from './answers.ts'

const kept = slo('a-kept')
const spent = slo('b-spent', { remaining: -0.2 })
const unknown = slo('c-unknown', { remaining: null })
const page = incident('1')
const samePage = incident('2', { service: 'cart' })
const otherPage = incident('3', { service: 'billing', rootCause: 'dependency:ledger/server_error' })
const thirdPage = incident('4', { service: 'mail', rootCause: 'dependency:smtp/connection' })
const ticket = incident('5', { severity: 'ticket', rootCause: 'dependency:tax/throttled', service: 'tax-ui' })
const unexplained = incident('6', {
  slo: 'search-suggest',
  service: 'search',
  rootCause: '',
  details: { suspect: null, burn: 16.7 },
})

describe('the sentence of the overview', () => {
  test.each([
    ['one page', [kept], [page], '1 page open: acme-pay times out for checkout'],
    ['one cause, two services', [kept], [page, samePage], '2 pages open: acme-pay times out for cart and checkout'],
    [
      'two causes',
      [kept],
      [page, otherPage],
      '2 pages open: acme-pay times out for checkout; ledger answers with server errors for billing',
    ],
    [
      'more causes than fit',
      [kept],
      [page, otherPage, thirdPage],
      '3 pages open: acme-pay times out for checkout; ledger answers with server errors for billing; and 1 more',
    ],
    [
      'a ticket beside a page is counted, the page is told',
      [kept],
      [ticket, page],
      '1 page and 1 ticket open: acme-pay times out for checkout',
    ],
    ['tickets alone are told', [kept], [ticket], '1 ticket open: tax throttles us for tax-ui'],
    [
      'no culprit: the SLO is told',
      [kept],
      [unexplained],
      '1 page open: search-suggest burns its budget at 16.7× for search',
    ],
    ['all kept', [kept, slo('d')], [], 'All 2 promises hold'],
    ['the only one kept', [kept], [], 'The one promise made here holds'],
    ['one overspent', [kept, spent], [], '1 of 2 promises hold: b-spent has overspent'],
    ['one without numbers is not kept', [kept, unknown], [], '1 of 2 promises hold: c-unknown cannot be judged'],
    ['spent exactly still holds', [slo('e', { remaining: 0 })], [], 'The one promise made here holds'],
    [
      'many broken ones are summed up',
      [kept, spent, slo('x', { remaining: -1 }), slo('y', { remaining: -1 }), unknown],
      [],
      '1 of 5 promises hold: b-spent and 2 more have overspent, c-unknown cannot be judged',
    ],
  ])('%s', (_, slos, incidents, sentence) => expect(overviewSentence(slos, incidents)).toBe(sentence))
})

test.each([
  [
    'the pinned root cause wins over the present suspect',
    incident('1', { rootCause: 'dependency:ledger/timeout' }),
    'ledger',
  ],
  [
    'a name with slashes and colons stays whole',
    incident('1', { rootCause: 'dependency:db:5432/main/timeout' }),
    'db:5432/main',
  ],
  ['without a pinned cause the suspect is named', incident('1', { rootCause: '' }), 'acme-pay'],
  ['without either nobody is', unexplained, undefined],
])('%s', (_, of, dependency) => expect(causeOf(of)?.name).toBe(dependency))

test('pages stand before tickets, each in the order given', () => {
  expect(pagesFirst([ticket, page, samePage]).map(({ id }) => id)).toEqual(['1', '2', '5'])
})

test('every outcome has words of its own, and a slow dependency is slow', () => {
  const verbs = OUTCOMES.filter((outcome) => outcome !== 'unknown_error').map(verbOf)
  expect(verbs).not.toContain('fails')
  expect(new Set(verbs).size).toBe(verbs.length)
  expect(verbOf('slow')).toBe('is slow')
})

test.each([
  ['service:shop/server_error', 'shop itself answers with server errors'],
  ['service:shop/failing', 'shop itself fails'],
  ['link:shop→cart/connection', 'shop→cart cannot be reached'],
  ['dependency:acme-pay/slow', 'acme-pay is slow'],
])('the root cause %s reads "%s"', (rootCause, words) => {
  expect(causeWords(incident('1', { rootCause }))).toBe(words)
})

test.each([
  ['of the same dependency that ends otherwise', 'dependency:acme-pay/server_error', false],
  ['of another dependency', 'dependency:ledger/timeout', false],
  ['of a service of that name', 'service:acme-pay/timeout', false],
  ['itself', 'dependency:acme-pay/timeout', true],
])('the share of a suspect is not that of a cause %s', (_, rootCause, isSame) => {
  const of = incident('1', { rootCause })
  expect(sameCause(causeOf(of)!, suspectOf(of)!)).toBe(isSame)
})
