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
