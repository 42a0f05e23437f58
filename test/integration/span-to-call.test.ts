import { describe, expect, test } from 'vitest'
import { callOf } from '../../integration/span-to-call.ts'
import type { SpanOptions } from './span.ts'
import { call, span } from './span.ts'

const PEER = { 'peer.service': 'pay' }

describe('which spans are calls', () => {
  const KINDS: [name: string, options: SpanOptions, direction: 'outbound' | 'inbound' | null][] = [
    ['a client span', { kind: 'client' }, 'outbound'],
    ['a producer span', { kind: 'producer', attributes: { 'messaging.system': 'kafka' } }, 'outbound'],
    [
      'a producer span that only creates a message',
      { kind: 'producer', attributes: { 'messaging.operation.type': 'create' } },
      null,
    ],
    ['the same in the old spelling', { kind: 'producer', attributes: { 'messaging.operation': 'create' } }, null],
    ['a server span', { kind: 'server' }, 'inbound'],
    ['a consumer span', { kind: 'consumer' }, 'inbound'],
    ['an internal span', { kind: 'internal' }, null],
    ['an internal span with a peer', { kind: 'internal', attributes: PEER }, 'outbound'],
    [
      'an internal span with a peer in the new spelling',
      { kind: 'internal', attributes: { 'service.peer.name': 'pay' } },
      'outbound',
    ],
    ['an unspecified span', { kind: 'unspecified' }, null],
    ['an unspecified span with a peer', { kind: 'unspecified', attributes: PEER }, 'outbound'],
    ['a native gRPC call', { name: 'Sent.pkg.Svc/M' }, 'outbound'],
    ['an attempt within a native gRPC call', { name: 'Attempt.pkg.Svc/M' }, null],
    ['pull-based receiving', { kind: 'client', attributes: { 'messaging.operation.type': 'receive' } }, 'outbound'],
  ]
  test.each(KINDS)('%s', (_, options, direction) => expect(callOf(span(options))?.direction ?? null).toBe(direction))
})

describe('inbound', () => {
  const INBOUND: [name: string, options: SpanOptions, operation: string][] = [
    [
      'method and route',
      {
        kind: 'server',
        attributes: { 'http.request.method': 'GET', 'http.route': '/users/:id', 'url.path': '/users/42' },
      },
      'GET /users/:id',
    ],
    [
      'path without a route',
      { kind: 'server', attributes: { 'http.request.method': 'GET', 'url.path': '/users/42' } },
      'GET /users/{id}',
    ],
    [
      'old target without a route',
      { kind: 'server', attributes: { 'http.method': 'GET', 'http.target': '/users/42?x=1' } },
      'GET /users/{id}',
    ],
    [
      'the RPC method',
      { kind: 'server', attributes: { 'rpc.system': 'grpc', 'rpc.service': 'shop.Pay', 'rpc.method': 'Charge' } },
      'shop.Pay/Charge',
    ],
    [
      'a message processed',
      { kind: 'consumer', attributes: { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' } },
      'process orders',
    ],
    [
      'a message received in the old way',
      {
        kind: 'consumer',
        attributes: {
          'messaging.system': 'rabbitmq',
          'messaging.destination': 'orders',
          'messaging.operation': 'receive',
        },
      },
      'process orders',
    ],
  ]
  test.each(INBOUND)('%s', (_, options, operation) => {
    const attributes = { ...options.attributes, 'server.address': 'shop.example' }
    expect(call({ ...options, attributes })).toMatchObject({ direction: 'inbound', dependency: '', operation })
  })
  test('an unset 404 is the caller’s error', () => {
    const missing = call({
      kind: 'server',
      attributes: { 'http.request.method': 'GET', 'http.response.status_code': 404 },
    })
    expect(missing).toMatchObject({ outcome: 'client_error', errorType: '404' })
  })
})

describe('dependency', () => {
  const HTTP = { 'http.request.method': 'GET' }
  const GRPC = { 'rpc.system': 'grpc', 'rpc.service': 'shop.Pay', 'rpc.method': 'Charge' }
  const PG = { 'db.system': 'postgresql' }
  const DEPENDENCIES: [Record<string, string | number | string[]>, string][] = [
    [{ 'service.peer.name': 'pay', 'peer.service': 'old', 'server.address': 'x' }, 'pay'],
    [{ 'peer.service': 'pay', 'server.address': 'x' }, 'pay'],
    [{ ...HTTP }, 'unknown'],
    [{ ...HTTP, 'server.address': 'API.Stripe.com.' }, 'api.stripe.com'],
    [{ ...HTTP, 'server.address': ['a.example', 'b.example'] }, 'a.example'],
    [{ ...HTTP, 'http.host': 'api.example:8443' }, 'api.example'],
    [{ ...HTTP, 'http.url': 'https://user:pw@api.example:8443/x' }, 'api.example'],
    [{ ...HTTP, 'url.full': 'http://10.0.0.1:8080/x' }, '10.0.0.1:8080'],
    [{ ...HTTP, 'url.full': 'https://[2001:db8::1]:8443/x' }, '[2001:db8::1]:8443'],
    [{ ...HTTP, 'server.address': '2001:DB8::1', 'server.port': 443 }, '2001:db8::1'],
    [{ ...HTTP, 'server.address': '10.0.0.1', 'server.port': 443 }, '10.0.0.1'],
    [{ ...HTTP, 'server.address': '10.0.0.1', 'server.port': 80 }, '10.0.0.1'],
    [{ ...HTTP, 'server.address': '10.0.0.1', 'server.port': '9000' }, '10.0.0.1:9000'],
    [{ ...HTTP, 'server.address': '10.0.0.1', 'net.peer.port': 9000 }, '10.0.0.1:9000'],
    [{ ...HTTP, 'server.address': '10.0.0.1' }, '10.0.0.1'],
    [{ ...HTTP, 'net.peer.name': 'localhost', 'net.peer.port': 3000 }, 'localhost:3000'],
    [{ ...HTTP, 'http.host': 'localhost:3000' }, 'localhost:3000'],
    [{ ...HTTP, 'server.address': 'pay.svc', 'server.port': 9000 }, 'pay.svc'],
    [{ ...HTTP, 'network.peer.address': '10.0.0.9', 'network.peer.port': 9000 }, '10.0.0.9:9000'],
    [{ ...HTTP, 'net.sock.peer.addr': '10.0.0.9', 'net.sock.peer.port': 9000 }, '10.0.0.9:9000'],
    [{ ...HTTP, 'net.peer.ip': '10.0.0.9', 'net.peer.port': 9000 }, '10.0.0.9:9000'],
    [{ ...HTTP, 'peer.address': '10.0.0.9:9000' }, '10.0.0.9:9000'],
    [{ ...HTTP, 'server.address': '10.0.0.1', 'server.port': 99999 }, '10.0.0.1'],
    [{ ...GRPC, 'server.address': 'dns:///pay.svc:50051' }, 'pay.svc'],
    [{ ...GRPC, 'server.address': 'dns://8.8.8.8/pay.svc:50051' }, 'pay.svc'],
    [{ ...GRPC, 'server.address': 'xds:///pay' }, 'pay'],
    [{ ...GRPC, 'server.address': 'dns:pay.svc:50051' }, 'pay.svc'],
    [{ ...GRPC, 'server.address': 'ipv4:10.0.0.1:50051,10.0.0.2:50051' }, 'shop.Pay'],
    [{ 'rpc.system': 'grpc', 'server.address': 'ipv4:10.0.0.1:50051,10.0.0.2:50051' }, '10.0.0.1:50051'],
    [{ 'rpc.system.name': 'grpc', 'rpc.method': 'shop.Pay/Charge' }, 'shop.Pay'],
    [{ 'rpc.system.name': 'grpc' }, 'unknown'],
    [{ ...PG, 'db.name': 'shop', 'server.address': 'db-main' }, 'postgresql/shop'],
    [{ ...PG, 'server.address': 'db-main' }, 'postgresql/db-main'],
    [PG, 'postgresql'],
    [{ 'db.system': 'redis', 'db.redis.database_index': 3, 'server.address': 'cache-1' }, 'redis/cache-1'],
    [{ 'db.system': 'memcached', 'db.namespace': 'x', 'server.address': 'cache-1' }, 'memcached/cache-1'],
    [{ 'db.system': 'redis' }, 'redis'],
    [{ 'messaging.system': 'kafka', 'server.address': 'broker-3' }, 'kafka'],
    [{ 'messaging.system': 'AmazonSQS' }, 'aws.sqs'],
    [{ 'gen_ai.system': 'openai', 'server.address': 'api.openai.com' }, 'openai'],
    [{ 'rpc.system': 'aws-api', 'rpc.service': 'Secrets Manager' }, 'aws.secrets-manager'],
    [{ 'rpc.system': 'aws-api', 'rpc.method': 'S3/GetObject' }, 'aws.s3'],
  ]
  test.each(DEPENDENCIES)('%j → %s', (attributes, dependency) =>
    expect(call({ attributes }).dependency).toBe(dependency),
  )
})

describe('protocol', () => {
  const PROTOCOLS: [Record<string, string | number>, string][] = [
    [{ 'gen_ai.provider.name': 'openai', 'messaging.system': 'x', 'http.method': 'POST' }, 'gen_ai'],
    [{ 'messaging.system': 'aws_sqs', 'rpc.system': 'aws-api' }, 'messaging'],
    [{ 'rpc.system': 'aws-api', 'db.system': 'dynamodb', 'http.method': 'POST' }, 'aws'],
    [{ 'db.system': 'elasticsearch', 'http.method': 'POST' }, 'db'],
    [{ 'rpc.system': 'grpc', 'http.method': 'POST' }, 'grpc'],
    [{ 'rpc.grpc.status_code': 0 }, 'grpc'],
    [{ 'grpc.status_code': 0, 'http.method': 'POST' }, 'grpc'],
    [{ 'rpc.system': 'apache_dubbo' }, 'rpc'],
    [{ 'http.method': 'GET' }, 'http'],
    [{ 'url.full': 'https://x.example' }, 'http'],
    [{ 'http.response.status_code': 0 }, 'http'],
    [{}, 'other'],
  ]
  test.each(PROTOCOLS)('%j → %s', (attributes, protocol) => expect(call({ attributes }).protocol).toBe(protocol))
})

describe('operation', () => {
  const HTTP = { 'http.request.method': 'GET' }
  const KAFKA = { 'messaging.system': 'kafka' }
  const PG = { 'db.system.name': 'postgresql' }
  const OPERATIONS: [SpanOptions, string][] = [
    [{ attributes: { ...HTTP } }, 'GET'],
    [{ attributes: { ...HTTP, 'url.template': '/u/{id}', 'http.route': '/r', 'url.path': '/u/1' } }, 'GET /u/{id}'],
    [{ attributes: { ...HTTP, 'url.full': 'https://x.example' } }, 'GET /'],
    [{ attributes: { 'http.request.method': '_OTHER', 'url.path': '/a' } }, 'HTTP /a'],
    [{ attributes: { 'http.method': 'PROPFIND', 'url.path': '/a' } }, 'HTTP /a'],
    [{ attributes: { 'http.method': 'patch', 'url.path': '/a' } }, 'PATCH /a'],
    [{ attributes: { 'http.method': 'QUERY', 'url.path': '/a' } }, 'QUERY /a'],
    [{ attributes: { 'gen_ai.system': 'openai', 'gen_ai.operation.name': 'chat' } }, 'chat'],
    [{ attributes: { 'rpc.system': 'aws-api', 'rpc.method': 'S3/GetObject' } }, 'GetObject'],
    [{ attributes: { 'rpc.system': 'grpc', 'rpc.method': '/shop.Pay/Charge' } }, 'shop.Pay/Charge'],
    [{ name: 'shop.Pay/Charge', attributes: { 'rpc.system': 'grpc' } }, 'shop.Pay/Charge'],
    [
      { name: 'egress pay', attributes: { 'http.url': 'http://pay/shop.Pay/Charge', 'grpc.status_code': 0 } },
      'shop.Pay/Charge',
    ],
    [{ kind: 'producer', attributes: KAFKA }, 'send'],
    [{ kind: 'client', attributes: KAFKA }, 'receive'],
    [
      {
        kind: 'producer',
        attributes: {
          ...KAFKA,
          'messaging.destination.template': 'tenant/{id}',
          'messaging.destination.name': 'tenant/1',
        },
      },
      'send tenant/{id}',
    ],
    [
      {
        kind: 'producer',
        attributes: { ...KAFKA, 'messaging.destination.temporary': true, 'messaging.destination.name': 'x' },
      },
      'send (temporary)',
    ],
    [
      {
        kind: 'producer',
        attributes: { ...KAFKA, 'messaging.destination.anonymous': true, 'messaging.destination.name': 'x' },
      },
      'send (anonymous)',
    ],
    [
      { kind: 'producer', attributes: { ...KAFKA, 'messaging.destination.name': 'tenant/4711/orders' } },
      'send tenant/{id}/orders',
    ],
    ...['publish', 'produce', 'enqueue', 'send'].map((type): [SpanOptions, string] => [
      { attributes: { ...KAFKA, 'messaging.operation': type } },
      'send',
    ]),
    ...['poll', 'consume', 'fetch', 'get', 'receive'].map((type): [SpanOptions, string] => [
      { kind: 'producer', attributes: { ...KAFKA, 'messaging.operation': type } },
      'receive',
    ]),
    ...['ack', 'nack', 'commit', 'complete', 'reject', 'abandon', 'defer', 'settle'].map(
      (type): [SpanOptions, string] => [{ attributes: { ...KAFKA, 'messaging.operation.name': type } }, 'settle'],
    ),
    [{ attributes: { ...KAFKA, 'messaging.operation.type': 'process' } }, 'process'],
    [
      { attributes: { ...PG, 'db.query.summary': 'SELECT orders users', 'db.operation.name': 'select' } },
      'SELECT orders users',
    ],
    [{ attributes: { ...PG, 'db.operation.name': 'select', 'db.collection.name': 'orders' } }, 'SELECT orders'],
    [{ attributes: { ...PG, 'db.operation.name': 'call', 'db.stored_procedure.name': 'settle' } }, 'CALL settle'],
    [
      { attributes: { ...PG, 'db.query.text': 'select a, b from "public"."orders" where id = 1' } },
      'SELECT public.orders',
    ],
    [{ attributes: { ...PG, 'db.query.text': '/* from app */ INSERT INTO orders(id) VALUES (1)' } }, 'INSERT orders'],
    [{ attributes: { ...PG, 'db.query.text': '-- from app\nUPDATE ONLY orders SET x = 1' } }, 'UPDATE orders'],
    [{ attributes: { ...PG, 'db.query.text': 'CREATE TABLE IF NOT EXISTS orders (id int)' } }, 'CREATE orders'],
    [{ attributes: { ...PG, 'db.query.text': 'WITH recent AS (SELECT * FROM orders) SELECT 1' } }, 'SELECT orders'],
    [{ attributes: { ...PG, 'db.query.text': '(SELECT 1)' } }, 'SELECT'],
    [{ attributes: { 'db.system': 'mssql', 'db.statement': 'DELETE FROM [dbo].[orders]' } }, 'DELETE dbo.orders'],
    [
      { attributes: { 'db.system': 'mongodb', 'db.operation': 'find', 'db.mongodb.collection': 'users' } },
      'find users',
    ],
    [{ attributes: { 'db.system': 'memcached', 'db.statement': 'get session:42' } }, 'get'],
    [{ attributes: { 'db.system': 'redis', 'db.statement': 'hset user:42 name x' } }, 'HSET'],
    [{ name: 'orders 4711', attributes: PG }, 'orders {id}'],
    [{ name: 'charge order 4711', attributes: PEER }, 'charge order {id}'],
    [{ name: '', attributes: PEER }, 'unknown'],
  ]
  test.each(OPERATIONS)('%j → %s', (options, operation) => expect(call(options).operation).toBe(operation))
})

const SQL_SYSTEMS =
  'postgresql mysql mariadb mssql microsoft.sql_server oracle oracle.db db2 sqlite h2 hsqldb derby cockroachdb redshift spanner hanadb cassandra clickhouse trino other_sql'

test.each(SQL_SYSTEMS.split(' '))('%s is read as SQL', (system) => {
  const attributes = { 'db.system': system, 'db.statement': 'select id from orders where id = 42' }
  expect(call({ attributes }).operation).toBe('SELECT orders')
})

describe('error type', () => {
  const ERRORS: [SpanOptions, string][] = [
    [{ status: 'error', attributes: { 'error.type': 'a.B' }, exception: { type: 'c.D' } }, 'a.B'],
    [{ status: 'error', exception: { type: 'c.D' }, attributes: { 'http.error_name': 'E' } }, 'c.D'],
    [{ attributes: { 'http.error_name': 'E' } }, 'E'],
    [{ status: 'error', attributes: { 'rpc.system': 'grpc', 'rpc.grpc.status_code': 14 } }, 'UNAVAILABLE'],
    [{ attributes: { 'rpc.system': 'grpc', 'rpc.grpc.status_code': 0 } }, ''],
    [{ status: 'error', attributes: { 'http.method': 'GET', 'http.status_code': 503 } }, '503'],
    [{ attributes: { 'http.method': 'GET', 'http.status_code': 200 } }, ''],
    [{ status: 'error' }, '_OTHER'],
    [{}, ''],
  ]
  test.each(ERRORS)('%j → "%s"', (options, errorType) => expect(call(options).errorType).toBe(errorType))
})

describe('source', () => {
  test('is named by the resource', () => {
    const resource = {
      'service.name': 'checkout',
      'service.version': '1.4.2',
      'deployment.environment.name': 'Production',
      'cloud.region': 'eu-west-1',
    }
    expect(call({ resource })).toMatchObject({
      service: 'checkout',
      version: '1.4.2',
      env: 'production',
      region: 'eu-west-1',
    })
  })
  test('is said to be unknown, not left empty', () => {
    expect(call({ resource: {} })).toMatchObject({
      service: 'unknown_service',
      version: '',
      env: 'unspecified',
      region: '',
    })
  })
  test.each([
    [{ 'deployment.environment': 'Staging' }, { env: 'staging' }],
    [{ 'container.image.tags': ['1.5', 'latest'] }, { version: '1.5' }],
    [{ 'container.image.tags': [], 'container.image.tag': '1.6' }, { version: '1.6' }],
    [{ 'faas.version': '7' }, { version: '7' }],
    [{ 'vcs.ref.head.revision': 'abc' }, { version: 'abc' }],
  ])('%j → %j', (resource, expected) => expect(call({ resource })).toMatchObject(expected))
})

describe('retry attempt', () => {
  test.each([
    [{}, 0],
    [{ 'http.request.resend_count': 2 }, 2],
    [{ 'http.resend_count': '1' }, 1],
    [{ 'http.request.header.x-stainless-retry-count': ['3'] }, 3],
    [{ 'previous-rpc-attempts': 1 }, 1],
    [{ 'http.request.resend_count': -1 }, 0],
    [{ 'http.request.resend_count': 'many' }, 0],
    [{ 'http.request.resend_count': 10_000_000 }, 65_535],
  ] as [Record<string, string | number | string[]>, number][])('%j → %i', (attributes, attempt) =>
    expect(call({ attributes }).attempt).toBe(attempt),
  )
})

describe('correlation id', () => {
  /** Best first: dropping the first one leaves the choice to the next. */
  const IDS = [
    'http.response.header.x-request-id',
    'http.request.header.x-request-id',
    'http.response.header.x_correlation_id',
    'http.request.header.x-correlation-id',
    'aws.request_id',
    'gen_ai.response.id',
    'messaging.message.conversation_id',
    'messaging.message.id',
    'guid:x-request-id',
    'jsonrpc.request.id',
  ]
  test('takes the best id there is', () => {
    for (const [index, best] of IDS.entries()) {
      const attributes = Object.fromEntries(IDS.slice(index).map((name) => [name, `of ${name}`]))
      expect(call({ attributes }).correlationId).toBe(`of ${best}`)
    }
  })
  test('is empty otherwise', () => expect(call({}).correlationId).toBe(''))
  test('of a header is its first value', () => {
    expect(call({ attributes: { 'http.response.header.x_request_id': ['a', 'b'] } }).correlationId).toBe('a')
  })
})

describe('synthetic', () => {
  test.each([
    [{ 'user_agent.synthetic.type': 'bot' }, true],
    [{ 'user_agent.synthetic.type': 'test' }, true],
    [{ 'user_agent.synthetic.type': 'human' }, false],
    ...[
      'kube-probe/1.31',
      'GoogleHC/1.0',
      'ELB-HealthChecker/2.0',
      'Pingdom.com_bot_version_1.4',
      'Mozilla/5.0+(compatible; UptimeRobot/2.0)',
      'StatusCake',
      'Blackbox Exporter/0.25',
      'Grafana k6/0.54',
      'k6/0.54',
      'DatadogSynthetics',
    ].map((agent): [Record<string, string>, boolean] => [{ 'user_agent.original': agent }, true]),
    [{ 'http.user_agent': 'kube-probe/1.20' }, true],
    [{ 'user_agent.original': 'axios/1.7' }, false],
    [{ 'user_agent.original': 'Toolk6it/1' }, false],
    [{}, false],
  ] as [Record<string, string>, boolean][])('%j → %s', (attributes, synthetic) =>
    expect(call({ attributes }).synthetic).toBe(synthetic),
  )
})
