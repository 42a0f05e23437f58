import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactQuery } from '../../integration/redacted-query.ts'
import { compileRedaction, NO_REDACTION_RULES, type RedactionRules } from '../../integration/redaction.ts'
import { isSecretName } from '../../integration/secret-names.ts'
import { callOf } from '../../integration/span-to-call.ts'
import { type SpanOptions, span } from './span.ts'

const standard = compileRedaction(NO_REDACTION_RULES)
const SECRET = 'Zq7hunter2Zq7'

function stored(attributes: Record<string, string>, redaction = standard): Record<string, string> {
  const map = new Map(Object.entries(attributes))
  redaction.attributes(map)
  return Object.fromEntries(map)
}

const withRules = (rules: Partial<RedactionRules>) => compileRedaction({ ...NO_REDACTION_RULES, ...rules })

describe('names that say secret', () => {
  const rows: [string, boolean][] = [
    ['db.password', true],
    ['DB_PASSWORD', true],
    ['user.password2', true],
    ['user.password.hash', true],
    ['clientSecret', true],
    ['oauth.access_token', true],
    ['refresh_tokens', true],
    ['token', true],
    ['page_token', true],
    ['x-api-key', true],
    ['apikey', true],
    ['stripe.api.key', true],
    ['aws.access_key_id', true],
    ['session.id', true],
    ['session.previous_id', true],
    ['http.cookie', true],
    ['http.request.header.authorization', true],
    ['http.request.header.proxy-authorization', true],
    ['http.request.header.proxy_authorization', true],
    ['http.request.header.x-api-key', true],
    ['http.request.header.x_api_key', true],
    ['http.request.header.cookie', true],
    ['http.response.header.set-cookie', true],
    ['http.response.header.set_cookie', true],
    ['http.request.header.x-amz-security-token', true],
    ['http.request.header.stripe-signature', true],
    ['rpc.grpc.request.metadata.authorization', true],

    ['gen_ai.usage.input_tokens', false],
    ['gen_ai.usage.output_tokens', false],
    ['gen_ai.usage.cache_read.input_tokens', false],
    ['gen_ai.request.max_tokens', false],
    ['gen_ai.token.type', false],
    ['llm.usage.total_tokens', false],
    ['sampling.token', false],
    ['sampling.probability', false],
    ['sampler.param', false],
    ['tokenizer', false],
    ['token.type', false],
    ['password_length', false],
    ['secretary', false],
    ['k8s.secret.name', false],
    ['aws.secretsmanager.secret.arn', false],
    ['method.signature', false],
    ['partition_key', false],
    ['http.request.header.idempotency-key', false],
    ['http.response.header.x-request-id', false],
    ['messaging.message.id', false],
    ['correlation.previous_id', false],
    ['enduser.id', false],
    ['', false],
  ]
  test.each(rows)('%s: %s', (name, expected) => expect(isSecretName(name)).toBe(expected))
})

describe('what is stored instead', () => {
  // Three lines a case: what it is, and the attribute and database system where it is not any text; as sent; as stored.
  const lines = readFileSync(join(import.meta.dirname, '../fixtures/redaction.txt'), 'utf8')
    .trimEnd()
    .split('\n')
  const cases = Array.from({ length: lines.length / 3 }, (_, index) => {
    const [what, sent, expected] = lines.slice(3 * index, 3 * index + 3)
    const [title, name = '', system = ''] = what!.split(' | ')
    const asText = (line: string) => line.slice(2).replaceAll('\\n', '\n')
    return { title, name, system, sent: asText(sent!), expected: asText(expected!) }
  })
  test.each(cases)('$title', ({ name, system, sent, expected }) => {
    const found = name === '' ? standard.text(sent) : stored({ 'db.system': system, [name]: sent })[name]
    expect(found).toBe(expected)
  })
})

describe('rules of a configuration', () => {
  test('a key hides its value, in all generations of its name', () => {
    const redaction = withRules({ keys: ['enduser.id', 'db.namespace', 'App.Customer.*'] })
    expect(
      stored({ 'enduser.id': 'me', 'db.name': 'shop', 'app.customer.mail': 'a', 'app.customers': 'b' }, redaction),
    ).toEqual({
      'enduser.id': '[redacted]',
      'db.name': '[redacted]',
      'app.customer.mail': '[redacted]',
      'app.customers': 'b',
    })
  })

  test('a pattern hides what it matches, everywhere but in marks', () => {
    const redaction = withRules({ patterns: [String.raw`\d{3}-\d{2}-\d{4}`, 'redacted'] })
    expect(redaction.text('of 123-45-6789, password=x')).toBe('of [redacted], password=[redacted]')
    expect(stored({ short: '123-45-6789' }, redaction)).toEqual({ short: '[redacted]' })
  })

  test('with patterns, what is too long to be searched is not stored', () => {
    expect(withRules({ patterns: ['needle'] }).text(`${'x'.repeat(5000)}needle`)).toBe('x'.repeat(4096))
  })

  test('a hash is the same for the same secret, and another for another', () => {
    const hash = (secret: string) => `[hash:${secret.length.toString(16).padStart(16, '0')}]`
    const redaction = compileRedaction(NO_REDACTION_RULES, hash)
    expect(stored({ 'a.token': 'xyz', 'b.token': 'uvw', 'c.token': 'long' }, redaction)).toEqual({
      'a.token': '[hash:0000000000000003]',
      'b.token': '[hash:0000000000000003]',
      'c.token': '[hash:0000000000000004]',
    })
    expect(redaction.text('https://u:p@h/?q password=xyz')).toBe(
      'https://[hash:0000000000000003]@h/?[hash:0000000000000001] password=[hash:0000000000000003]',
    )
  })
})

describe('what a call keeps of its span', () => {
  const PROMOTED = { aliases: [], pathTemplates: [], promote: ['url.full', 'app.note', 'enduser.id'] }
  const callFrom = (options: SpanOptions, redaction = standard) => {
    const facts = span(options)
    const { correlationId, attributes } = callOf(facts, PROMOTED)!
    return redaction.details({ statedWeight: null, correlationId, attributes }, facts.attributes)
  }

  test('promoted attributes are hidden by their own names', () => {
    const attributes = { 'http.url': 'https://h/p?q=1', 'app.note': 'password=x', 'enduser.id': 'me' }
    expect(Object.fromEntries(callFrom({ attributes }, withRules({ keys: ['enduser.id'] })).attributes)).toEqual({
      'url.full': 'https://h/p?[redacted]',
      'app.note': 'password=[redacted]',
      'enduser.id': '[redacted]',
    })
  })

  test('the operation has no query to hide', () => {
    const attributes = { 'http.request.method': 'GET', 'url.full': `https://u:${SECRET}@h/v1/users/42?key=${SECRET}` }
    const facts = span({ attributes })
    expect(callOf(facts)).toMatchObject({ operation: 'GET /v1/users/{id}', dependency: 'h' })
  })

  test('the correlation id stays', () => {
    const attributes = { 'http.response.header.x-request-id': 'req_8F3A' }
    expect(callFrom({ attributes }).correlationId).toBe('req_8F3A')
  })

  test('a correlation id from a hidden attribute is not kept', () => {
    const attributes = { 'messaging.message.conversation_id': 'me@example.com' }
    const hidden = callFrom({ attributes }, withRules({ keys: ['messaging.message.conversation_id'] }))
    expect(hidden.correlationId).toBe('')
  })
})

describe('any text', () => {
  const parts = fc.constantFrom(
    ...[
      'https://',
      'u:p@',
      'h.example',
      '/p',
      '?',
      '#',
      '&',
      'a=b',
      'password',
      '=',
      ':',
      '"',
      "'",
      '\\',
      '[',
      ']',
      '{',
    ],
    ...[
      '}',
      ' ',
      '\n',
      'Bearer ',
      'eyJabcdefgh.abcdefgh',
      '[redacted]',
      '--token',
      ',',
      ';',
      '//',
      'Cookie',
      '-----BEGIN ',
    ],
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.array(fc.oneof(parts, fc.string({ maxLength: 6 })), { maxLength: 25 }).map((pieces) => pieces.join('')),
  )
  const name = fc.oneof(
    fc.constantFrom('url.full', 'http.target', 'db.connection_string', 'x.token', 'x', 'http.url'),
    fc.string(),
  )
  const system = fc.constantFrom('', 'mysql', 'postgresql', 'redis', 'mongodb')

  const places: ((secret: string) => string)[] = [
    (secret) => `https://h.example/p?k=${secret}`,
    (secret) => `https://user:${secret}@h.example/p`,
    (secret) => `password=${secret}`,
    (secret) => `--password=${secret}`,
    (secret) => `2fa_token: ${secret}`,
    (secret) => `"api_key": "${secret}"`,
    (secret) => `Authorization: Bearer ${secret}`,
    (secret) => `{"cookie":["${secret}"]}`,
    (secret) => `{\\"token\\":\\"${secret}\\"}`,
    (secret) => `/search?q=${secret}`,
    (secret) => `api.example/search?q=${secret}`,
    (secret) => `<Password>${secret}</Password>`,
    (secret) => `&quot;password&quot;:&quot;${secret}&quot;`,
    (secret) => `x%26password%3D${secret}%26y`,
    (secret) => `{"name":"api_key","value":"${secret}"}`,
    (secret) => `('X-Api-Key', '${secret}')`,
    (secret) => `user[password]=${secret}`,
    (secret) => `password "${secret}"`,
    (secret) => `-token ${secret}`,
    (secret) => `token=b'${secret}'`,
    (secret) => `shop:${secret}@db.example`,
  ]

  test('is redacted without error and grows by no more than marks', () => {
    fc.assert(
      fc.property(name, text, (key, value) => {
        expect(stored({ [key]: value })[key]!.length).toBeLessThanOrEqual(10 * (value.length + 1))
      }),
      { numRuns: 3000 },
    )
  })

  test('is redacted once and for all, however sentences and secrets stand in it', () => {
    const word = fc.constantFrom(
      'GET',
      'failed:',
      'at',
      '(see',
      'x)',
      '[1,2]',
      '"quoted"',
      "it's",
      '{id?}',
      '12:30',
      'a,b;',
      '?',
    )
    const secret = fc
      .tuple(fc.constantFrom(...places), fc.stringMatching(/^[A-Za-z0-9]{1,30}$/))
      .map(([place, it]) => place(it))
    const sentence = fc.array(fc.oneof(word, secret), { maxLength: 12 }).map((words) => words.join(' '))
    fc.assert(
      fc.property(fc.constantFrom('url.full', 'http.target', 'x.token', 'x'), sentence, (key, value) => {
        const once = stored({ [key]: value })
        expect(stored(once)).toEqual(once)
      }),
      { numRuns: 3000 },
    )
  })

  test('is a query without values once and for all, and no longer than it was', () => {
    fc.assert(
      fc.property(text, system, (query, dbSystem) => {
        const once = redactQuery(`SELECT ${query}`, dbSystem)
        expect(redactQuery(once, dbSystem)).toBe(once)
        expect(once.length).toBeLessThanOrEqual(`SELECT ${query}`.length)
        expect(stored({ 'db.system': dbSystem, 'db.statement': query })).toHaveProperty(['db.statement'])
      }),
      { numRuns: 3000 },
    )
  })

  test('a secret is gone wherever the rules look for one, whatever stands around it', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9_.~-]{12,40}$/).map((word) => `${SECRET}${word}`)
    const before = fc.string({ maxLength: 20 }).map((words) => `${words.replaceAll(/["'\\]/g, '')} `)
    fc.assert(
      fc.property(fc.constantFrom(...places), secret, before, text, (place, planted, head, tail) => {
        expect(standard.text(`${head}${place(planted)} ${tail}`)).not.toContain(planted)
      }),
      { numRuns: 2000 },
    )
  })

  const PIECES = ['a', '"', '\\', '[', 'https://', 'password=[', 'a-', '--', '.a-', 'password="\\', '--a ', 'a: ']
  const MORE = [
    ' 4 1',
    '4111-',
    'DE89 3704 ',
    'mysql -p',
    ' -ua:',
    '-u a ',
    'docker -p a ',
    'QUFB',
    'QUFB ',
    "$$'",
    '/*',
    '-----BEGIN ',
    '?/',
    '@',
    ',/',
    '=/',
    'a=',
    'pass=!',
    '<a ',
    '<a',
    '%3D',
    "('a',",
    'a:a,',
    'api ',
  ]
  test.each([...PIECES, ...MORE])('a megabyte of %s is no work, whatever else there is', (piece) => {
    for (const before of ['', '? = @ : -- %3 </ ( \' " ']) {
      const long = before + piece.repeat(2 ** 20 / piece.length)
      expect(stored({ 'db.statement': long, 'url.full': long, text: long })['url.full']!.length).toBeGreaterThan(0)
    }
  })
})
