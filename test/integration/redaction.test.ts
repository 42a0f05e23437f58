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

describe('texts', () => {
  const rows: [string, string, string][] = [
    [
      'a URL in a message',
      'GET https://u:p@api.example:8443/v1?key=1#top failed',
      'GET https://[redacted]@api.example:8443/v1?[redacted] failed',
    ],
    ['a URL with only a fragment', 'at https://a.example/cb#access_token=x', 'at https://a.example/cb#[redacted]'],
    ['a URL in quotes', "cannot open 'https://a.example/?q=1' now", "cannot open 'https://a.example/?[redacted]' now"],
    ['a password with a slash', 'postgres://shop:p/w?x@db.example/shop', 'postgres://[redacted]@db.example/shop'],
    ['an @ in a path', 'https://npm.example/@scope/pkg', 'https://npm.example/@scope/pkg'],
    ['an @ in a query, behind a port', 'https://a.example:8080/p?mail=a@b', 'https://a.example:8080/p?[redacted]'],
    ['two URLs', 'http://a/?x=1 http://b/?y=2', 'http://a/?[redacted] http://b/?[redacted]'],
    ['a path with a query', 'GET /search?q=me HTTP/1.1', 'GET /search?[redacted] HTTP/1.1'],
    ['an optional part of a route', 'GET /users/{id?}', 'GET /users/{id?}'],
    ['an optional part of a route, other style', '/users/:id?', '/users/:id?'],
    ['a session in a path', 'GET /cart;jsessionid=8F3A', 'GET /cart;jsessionid=[redacted]'],
    [
      'an address that is a secret',
      'POST https://hooks.slack.com/services/T0/B0/xyz',
      'POST https://hooks.slack.com/services/[redacted]',
    ],
    ['a bearer token', 'rejected Bearer abcdefgh', 'rejected Bearer [redacted]'],
    ['basic credentials', 'sent basic dXNlcjpwYXNz', 'sent basic [redacted]'],
    [
      'talk about schemes',
      'Basic authentication failed, Bearer token missing',
      'Basic authentication failed, Bearer token missing',
    ],
    ['a challenge', 'WWW-Authenticate: Bearer realm="x"', 'WWW-Authenticate: Bearer realm="x"'],
    [
      'a header line',
      'Authorization: Digest username="a", response="b"\nHost: c',
      'Authorization: [redacted]\nHost: c',
    ],
    ['a cookie line', 'Cookie: a=1; b=2', 'Cookie: [redacted]'],
    ['JSON', '{"headers":{"Authorization":"x y","host":"h"}}', '{"headers":{"Authorization":"[redacted]","host":"h"}}'],
    ['JSON with quotes in the value', '{"password":"a\\"b","n":1}', '{"password":"[redacted]","n":1}'],
    ['JSON within JSON', '"{\\"password\\":\\"my pass\\",\\"n\\":1}"', '"{\\"password\\":\\"[redacted]\\",\\"n\\":1}"'],
    ['a list under a secret name', 'apiKey=[1,2] x', 'apiKey=[redacted] x'],
    ['a list of headers', '{"set-cookie":["a=1","b=2"],"via":"c"}', '{"set-cookie":[redacted],"via":"c"}'],
    ['settings', 'password=abc, user=bob', 'password=[redacted], user=bob'],
    ['no password', 'Access denied (using password: YES)', 'Access denied (using password: YES)'],
    ['an option', 'run --password hunter2 --fast', 'run --password [redacted] --fast'],
    [
      'an option with =',
      'run --token=abc -Dpassword=x .secret=y',
      'run --token=[redacted] -Dpassword=[redacted] .secret=[redacted]',
    ],
    ['an option in a list', '["--token","abc"]', '["--token","[redacted]"]'],
    ['a Go database address', 'dial root:pw@tcp(127.0.0.1:3306)/shop', 'dial [redacted]@tcp(127.0.0.1:3306)/shop'],
    ['a JSON Web Token', 'got eyJhbGciOiJI.eyJzdWIiOiIx.c2ln', 'got [redacted]'],
    ['an AWS key', 'key AKIAIOSFODNN7EXAMPLE denied', 'key [redacted] denied'],
    ['a GitHub token', `ghp_${'a1'.repeat(18)}`, '[redacted]'],
    ['a Stripe key', `sk_live_${'a1'.repeat(12)} expired`, '[redacted] expired'],
    [
      'an OpenAI key',
      'Incorrect API key provided: sk-proj-abcdefghijkl1234.',
      'Incorrect API key provided: [redacted].',
    ],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nrest', '[redacted]\nrest'],
    [
      'a certificate',
      '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----',
      '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----',
    ],
    ['an element', '<wsse:Password Type="t">x y</wsse:Password>', '<wsse:Password Type="t">[redacted]</wsse:Password>'],
    ['an element with CDATA', '<token><![CDATA[x]]></token>', '<token><![CDATA[[redacted]]]></token>'],
    ['an element as a page shows it', '&lt;secret&gt;x&lt;/secret&gt;', '&lt;secret&gt;[redacted]&lt;/secret&gt;'],
    ['an element that speaks of one', '<tokenCount>5</tokenCount>', '<tokenCount>5</tokenCount>'],
    [
      'JSON as a page shows it',
      '{&quot;password&quot;:&quot;x&quot;}',
      '{&quot;password&quot;:&quot;[redacted]&quot;}',
    ],
    ['a form that was encoded', 'body a%3D1%26password%3Dx%40y%26b%3D2', 'body a%3D1%26password%3D[redacted]%26b%3D2'],
    ['JSON that was encoded', '%7B%22token%22%3A%22x%22%7D', '%7B%22token%22%3A%22[redacted]%22%7D'],
    ['a list of settings', '[{"name":"DB_PASSWORD","value":"x"}]', '[{"name":"DB_PASSWORD","value":"[redacted]"}]'],
    ['an element of settings', '<add key="ApiKey" value="x"/>', '<add key="ApiKey" value="[redacted]"/>'],
    ['a pair', "[('Authorization', 'x'), ('Host', 'y')]", "[('Authorization', '[redacted]'), ('Host', 'y')]"],
    ['a pair of bytes', "(b'cookie', b'x')", "(b'cookie', b'[redacted]')"],
    ['a list of names', "['password', 'email', 'name']", "['password', 'email', 'name']"],
    ['a text of Python', "password=b'x', token=u'y'", "password=b'[redacted]', token=u'[redacted]'"],
    ['fields of a form', 'user[password]=x&token[]=y', 'user[password]=[redacted]&token[]=[redacted]'],
    ['settings in columns', 'password:        x', 'password:        [redacted]'],
    ['an arrow', 'password -> x', 'password -> [redacted]'],
    ['a name of two words', 'Invalid API key: abc', 'Invalid API key: [redacted]'],
    ['a password said', "no access for 'bob' with password 'x'", "no access for 'bob' with password '[redacted]'"],
    ['SQL that makes a user', "CREATE USER a IDENTIFIED BY 'x'", "CREATE USER a IDENTIFIED BY '[redacted]'"],
    ['an option with one dash', 'serve -token x -v', 'serve -token [redacted] -v'],
    ['words with dashes', 'a non-password field', 'a non-password field'],
    ['a variable of the environment', 'PGPASSWORD=x psql', 'PGPASSWORD=[redacted] psql'],
    ['a signature', 'sig=Zm9vYmFyYmF6cXV4&se=1', 'sig=[redacted]&se=1'],
    ['a short password', 'user=a pass=hunter2', 'user=a pass=[redacted]'],
    ['counts and choices', 'pass=3 fail=1 auth=basic', 'pass=3 fail=1 auth=basic'],
    ['an address without scheme', 'dial shop:pw@db.example:5432/x', 'dial [redacted]@db.example:5432/x'],
    ['an address of Oracle', 'jdbc:oracle:thin:scott/tiger@//h:1521/x', 'jdbc:oracle:thin:[redacted]@//h:1521/x'],
    ['an image by its digest', 'redis:7@sha256:0a1b', 'redis:7@sha256:0a1b'],
    ['an address of mail', 'mailto:bob@shop.example', 'mailto:bob@shop.example'],
    ['a host with a query', 'GET api.example:8080/v1?q=me', 'GET api.example:8080/v1?[redacted]'],
    ['a question', 'and/or? yes', 'and/or? yes'],
    ['a URL as JSON writes it', '"https:\\/\\/a.example\\/p?x=1\\u0026y=2"', '"https:\\/\\/a.example\\/p?[redacted]"'],
    ['a parser speaking of tokens', 'Unexpected token function', 'Unexpected token function'],
    ['a time and an address', 'at 10:20:30 from 2001:db8::1', 'at 10:20:30 from 2001:db8::1'],
    ['a UUID', '5b8efff7-9803-8103-d269-b633813fc60c', '5b8efff7-9803-8103-d269-b633813fc60c'],
  ]
  test.each(rows)('%s', (_, text, expected) => expect(standard.text(text)).toBe(expected))
})

describe('attributes', () => {
  const rows: [string, Record<string, string>, Record<string, string>][] = [
    ['url.full', { 'url.full': 'https://u:p@h/p?q#f' }, { 'url.full': 'https://[redacted]@h/p?[redacted]' }],
    ['http.target', { 'http.target': '/p?a b' }, { 'http.target': '/p?[redacted]' }],
    [
      'a URL without scheme',
      { 'url.full': 'h.example/p?k=x&next=https://b/c' },
      { 'url.full': 'h.example/p?[redacted]' },
    ],
    ['a URL of JDBC', { 'db.url': 'jdbc:oracle:thin:scott/tiger@h' }, { 'db.url': '[redacted]@h' }],
    ['url.query', { 'url.query': 'a=1' }, { 'url.query': '[redacted]' }],
    ['a list of URLs', { 'app.url': '["https://a/?x","b"]' }, { 'app.url': '["https://a/?[redacted]","b"]' }],
    [
      'a header as a list',
      { 'http.request.header.authorization': '["Bearer a"]' },
      { 'http.request.header.authorization': '[redacted]' },
    ],
    ['a flag under a secret name', { 'user.has_password': 'true' }, { 'user.has_password': 'true' }],
    ['counts of tokens', { 'gen_ai.usage.input_tokens': '512' }, { 'gen_ai.usage.input_tokens': '512' }],
    [
      'settings of a connection',
      { 'db.connection_string': 'Server=h;User Id=u;Password=a b;' },
      { 'db.connection_string': 'Server=h;User Id=[redacted];Password=[redacted];' },
    ],
    [
      'a connection as URL',
      { 'db.connection_string': 'postgres://u:p@h/d?x=1' },
      { 'db.connection_string': 'postgres://[redacted]@h/d?[redacted]' },
    ],
    [
      'a connection of JDBC',
      { 'db.connection_string': 'jdbc:sqlserver://h;user=sa;password=x' },
      { 'db.connection_string': 'jdbc:sqlserver://h;user=[redacted];password=[redacted]' },
    ],
    ['a connection of Oracle', { 'app.dsn': 'scott/tiger@h' }, { 'app.dsn': '[redacted]@h' }],
    ['a bound parameter', { 'db.query.parameter.0': 'me' }, { 'db.query.parameter.0': '[redacted]' }],
    [
      'SQL with backslashes',
      {
        'db.system': 'mysql',
        'db.statement': "SELECT a1 FROM t WHERE b='it\\'s x' AND c=\"d\" AND n=-12.5e3 -- hi\n LIMIT ?",
      },
      { 'db.system': 'mysql', 'db.statement': 'SELECT a1 FROM t WHERE b=? AND c=? AND n=-?  \n LIMIT ?' },
    ],
    [
      'SQL by the standard',
      {
        'db.system.name': 'postgresql',
        'db.query.text': `SELECT "c" FROM t1 WHERE b='C:\\' AND x=$1 AND y=$q$s$q$ /* me */ AND z='it''s'`,
      },
      { 'db.system.name': 'postgresql', 'db.query.text': 'SELECT "c" FROM t1 WHERE b=? AND x=$1 AND y=?   AND z=?' },
    ],
    ['SQL of an unknown kind in doubt', { 'db.query.text': "SELECT 'a\\' , secret'" }, { 'db.query.text': 'SELECT ?' }],
    [
      'a Redis command',
      { 'db.system': 'redis', 'db.statement': 'SET user:7 me' },
      { 'db.system': 'redis', 'db.statement': 'SET ?' },
    ],
    [
      'a MongoDB command',
      { 'db.system': 'mongodb', 'db.statement': '{"find":"users","filter":{"mail":"a@b"}}' },
      { 'db.system': 'mongodb', 'db.statement': '{"find":"?","filter":{"mail":"?"}}' },
    ],
  ]
  test.each(rows)('%s', (_, attributes, expected) => expect(stored(attributes)).toEqual(expected))
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
