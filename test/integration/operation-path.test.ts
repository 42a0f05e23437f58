import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { operationPath, PATH_MAX_CHARS, templateName } from '../../integration/operation-path.ts'

const PATHS = [
  [
    'a customer id of a payment provider',
    '/v1/charges/ch_3MtwBwLkdIwHu7ix28a3tqPa/refunds',
    '/v1/charges/{token}/refunds',
  ],
  ['a UUID, the file kept', '/users/550e8400-e29b-41d4-a716-446655440000/avatar.png', '/users/{uuid}/avatar.png'],
  [
    'a commit hash, the query cut',
    '/repos/a/b/commits/9fceb02d0ae598e95dc970b74767f19372d61af8?p=1',
    '/repos/a/b/commits/{hash}',
  ],
  [
    'an API version that is a date',
    '/2010-04-01/Accounts/AC5ef8732a3c49700934481addd5ce1659/Messages.json',
    '/{date}/Accounts/{hash}/Messages.json',
  ],
  ['an encoded e-mail address', '/v1/users/jane.doe%40example.com/orders', '/v1/users/{email}/orders'],
  ['a compact date', '/reports/20260821/daily.csv', '/reports/{date}/daily.csv'],
  ['base64 with padding', '/files/YWJjZGVmZ2hpamtsbW5v==/raw', '/files/{token}/raw'],
  ['empty segments', '//api//v2/items/', '/api/v2/items'],
  ['a custom verb', '/v1/projects/123456:cancel', '/v1/projects/{id}:cancel'],
  ['an OData key', '/odata/Users(42)/Orders', '/odata/Users({id})/Orders'],
  ['matrix parameters, query and fragment', '/search;jsessionid=AB12?q=x#f', '/search'],
  ['more than eight segments', '/a/b/c/d/e/f/g/h/i/j', '/a/b/c/d/e/f/g/h/*'],
  ['a video id', '/watch/dQw4w9WgXcQ', '/watch/{token}'],
  ['words with a small number', '/blog/how-to-use-node-24-with-typescript', '/blog/how-to-use-node-24-with-typescript'],
  ['versions that stay', '/api/v1beta1/oauth2/token', '/api/v1beta1/oauth2/token'],
  ['a prefixed number', '/order/ORD-20418', '/order/{id}'],
] as const

describe('a path becomes the path of its operation', () => {
  test.each(PATHS)('%s', (_, input, expected) => expect(operationPath(input)).toBe(expected))
})

const SEGMENTS = [
  ['a template mark in braces is kept', '{order_id}', '{order_id}'],
  ['a template mark with a colon is kept', ':orderId', ':orderId'],
  ['a template mark in angle brackets is kept', '<int:order>', '<int:order>'],
  ['a wildcard is kept', '*', '*'],
  ['a verb after a template mark', '{id}:cancel', '{id}:cancel'],
  ['a textual key', "Products('a-1')", 'Products({id})'],
  ['an ISO time', '2026-08-21T10:11:12.123Z', '{date}'],
  ['an ISO time with an offset', '2026-08-21T10:11+02:00', '{date}'],
  ['a month', '2026-08', '{date}'],
  ['a year is a number', '2026', '{id}'],
  ['an eight-digit number that is no date', '20269921', '{id}'],
  ['an IPv4 address', '10.9.1.4', '{ip}'],
  ['an IPv6 address', '2001:db8::1', '{ip}'],
  ['an IPv6 address that ends like a verb', '2001:db8::beef', '{ip}'],
  ['a UUID within a name', 'user-550e8400-e29b-41d4-a716-446655440000', 'user-{uuid}'],
  ['a file of a number', '4711.pdf', '{id}.pdf'],
  ['a file of words', 'openapi.json', 'openapi.json'],
  ['a short hash', '9fceb02d', '{hash}'],
  ['a hexadecimal word without digit', 'deadbeef', 'deadbeef'],
  ['a key and value', 'filter=abc', '{token}'],
  ['a short key and value', 'a=b', 'a=b'],
  ['letters then digits', 'customernumber12345678', '{id}'],
  ['a long name of words and a long number', 'invoice-number-of-2024000123', '{token}'],
  ['a version', 'v2', 'v2'],
  ['a name with a small number', 'ipv4', 'ipv4'],
  ['four digits within', 'x-2024-y', '{id}'],
  ['16 characters that are not words', 'ab123cd-efghijkl', '{token}'],
  ['15 characters that are not words', 'ab123cd-efghijk', 'ab123cd-efghijk'],
  ['10 characters of both cases with digits apart', 'aB1cD2eFgH', '{token}'],
  ['9 characters of both cases with digits apart', 'aB1cD2eFg', 'aB1cD2eFg'],
  ['8 characters with an equals sign', 'filter=a', '{token}'],
  ['7 characters with an equals sign', 'filt=ab', 'filt=ab'],
  ['7 hexadecimal characters', '9fceb02', '9fceb02'],
  ['more than 64 characters', 'x'.repeat(65), '{token}'],
  ['64 characters', 'x'.repeat(64), 'x'.repeat(64)],
  ['a malformed escape stays', '100%', '100%'],
  ['an escape is decoded once', 'a%2520b', 'a%20b'],
  ['an encoded slash separates parts', 'group%2F42%2Fproject', 'group/{id}/project'],
  ['letters of any script are letters', '%C3%BCber-uns-und-mehr-2', 'über-uns-und-mehr-2'],
] as const

describe('a segment', () => {
  test.each(SEGMENTS)('%s', (_, segment, expected) => expect(operationPath(`/x/${segment}`)).toBe(`/x/${expected}`))
})

describe('a whole path', () => {
  test.each([
    ['scheme, host and port are dropped', 'https://user@pay.example:8443/v1/42?x=1', '/v1/{id}'],
    ['a URL without path', 'https://pay.example', '/'],
    ['nothing', '', '/'],
    ['only slashes', '///', '/'],
    ['a query alone', '?q=1', '/'],
    ['case is kept', '/API/Orders', '/API/Orders'],
    ['eight segments are kept', '/a/b/c/d/e/f/g/h', '/a/b/c/d/e/f/g/h'],
  ])('%s', (_, input, expected) => expect(operationPath(input)).toBe(expected))

  test('is cut at 200 characters', () => {
    const long = `/${Array.from({ length: 8 }, () => 'y'.repeat(60)).join('/')}`
    expect(operationPath(long)).toBe(long.slice(0, PATH_MAX_CHARS))
  })

  test('of a name, the parts are treated alike and nothing is put in front', () => {
    expect(templateName('tenant/4711/orders')).toBe('tenant/{id}/orders')
    expect(templateName('amq.gen-JzTY20BRgKO-HjmUJj0wLg')).toBe('{token}')
  })
})

describe('properties', () => {
  const path = fc.oneof(
    fc.webPath(),
    fc.webUrl({ withQueryParameters: true, withFragments: true }),
    fc.string({ unit: 'grapheme', maxLength: 500 }),
    fc
      .array(fc.oneof(fc.uuid(), fc.nat().map(String), fc.ipV4(), fc.emailAddress(), fc.base64String()), {
        maxLength: 12,
      })
      .map((parts) => `/${parts.join('/')}`),
  )

  test('it begins with a slash and is bounded', () => {
    fc.assert(
      fc.property(path, (input) => {
        const output = operationPath(input)
        expect(output.startsWith('/')).toBe(true)
        expect(output.length).toBeLessThanOrEqual(PATH_MAX_CHARS)
      }),
    )
  })

  test('its own output is final', () => {
    const plainPath = fc
      .array(fc.stringMatching(/^[A-Za-z0-9._~:@(){}=-]{1,24}$/), { maxLength: 8 })
      .map((parts) => `/${parts.join('/')}`)
    fc.assert(
      fc.property(plainPath, (input) => {
        expect(operationPath(operationPath(input))).toBe(operationPath(input))
      }),
    )
  })

  test('numbers never survive in a segment of their own', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), (id) => {
        expect(operationPath(`/users/${id}`)).toMatch(/^\/users\/\{(id|date)\}$/)
      }),
    )
  })
})
