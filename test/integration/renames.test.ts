import { describe, expect, test } from 'vitest'
import { compileRedaction, NO_REDACTION_RULES } from '../../integration/redaction.ts'
import { call, type KIND } from './span.ts'

/**
 * Former name → today's. Source: migration guides and changelog of the OpenTelemetry semantic conventions
 * (https://opentelemetry.io/docs/specs/semconv/non-normative/).
 */
const RENAMED = `
http.method http.request.method
http.status_code http.response.status_code
http.url url.full
http.target url.path
http.scheme url.scheme
http.host server.address
http.server_name server.address
http.resend_count http.request.resend_count
http.client_ip client.address
http.user_agent user_agent.original
http.flavor network.protocol.version
http.request_content_length http.request.body.size
http.response_content_length http.response.body.size
http.request.header.x_tenant http.request.header.x-tenant
http.response.header.retry_after http.response.header.retry-after
net.peer.name server.address
net.peer.port server.port
net.peer.ip network.peer.address
net.sock.peer.addr network.peer.address
net.sock.peer.port network.peer.port
net.transport network.transport
net.protocol.name network.protocol.name
net.protocol.version network.protocol.version
rpc.system rpc.system.name
rpc.grpc.status_code rpc.status_code
rpc.response.status_code rpc.status_code
db.system db.system.name
db.name db.namespace
db.redis.database_index db.namespace
db.mssql.instance_name db.namespace
db.statement db.query.text
db.operation db.operation.name
db.sql.table db.collection.name
db.mongodb.collection db.collection.name
db.cassandra.table db.collection.name
db.cosmosdb.container db.collection.name
messaging.operation messaging.operation.type
messaging.destination messaging.destination.name
messaging.temp_destination messaging.destination.temporary
messaging.message_id messaging.message.id
messaging.conversation_id messaging.message.conversation_id
messaging.client_id messaging.client.id
messaging.kafka.consumer.group messaging.consumer.group.name
messaging.kafka.destination.partition messaging.destination.partition.id
messaging.kafka.message.offset messaging.kafka.offset
peer.service service.peer.name
deployment.environment deployment.environment.name
container.image.tag container.image.tags
cloud.zone cloud.availability_zone
gen_ai.system gen_ai.provider.name
gen_ai.usage.prompt_tokens gen_ai.usage.input_tokens
gen_ai.usage.completion_tokens gen_ai.usage.output_tokens`

/** The same on spans of servers, whose peer is the client. */
const RENAMED_INBOUND = `
net.host.name server.address
net.host.port server.port
http.host server.address
http.server_name server.address
http.client_ip client.address
net.peer.name client.address
net.peer.port client.port`

const rows = (table: string) =>
  table
    .trim()
    .split('\n')
    .map((line) => line.split(' ') as [string, string])

function promoted(name: string, attributes: Record<string, string>, kind: keyof typeof KIND): string | undefined {
  return call({ kind, attributes }, { aliases: [], pathTemplates: [], promote: [name] }).attributes.get(name)
}

describe.each([
  ['client', RENAMED],
  ['server', RENAMED_INBOUND],
] as const)('on a span of a %s', (kind, table) => {
  test.each(rows(table))('%s is %s of today, promoted under that name, and the newer one wins', (old, recent) => {
    expect(promoted(recent, { [old]: 'a' }, kind)).toBe('a')
    expect(promoted(recent, { [old]: 'a', [recent]: 'b' }, kind)).toBe('b')
    expect(promoted(recent, { [old]: 'a', [recent]: '' }, kind)).toBe('a')
  })

  test.each(rows(table))('%s and %s are hidden together, whichever is configured', (old, recent) => {
    for (const key of [old, recent]) {
      const attributes = new Map([
        [old, 'a'],
        [recent, 'b'],
      ])
      compileRedaction({ ...NO_REDACTION_RULES, keys: [key] }).attributes(attributes)
      expect([...attributes.values()]).toEqual(['[redacted]', '[redacted]'])
    }
  })
})

describe('values that were renamed', () => {
  test.each([
    ['rpc.system', 'apache_dubbo', 'rpc.system.name', 'dubbo'],
    ['rpc.system', 'connect_rpc', 'rpc.system.name', 'connectrpc'],
  ])('%s %s is %s %s: the same protocol', (old, before, recent, now) => {
    const about = { 'rpc.service': 'shop.Pay', 'rpc.method': 'Charge', 'server.address': 'pay.svc' }
    const { protocol, dependency, operation } = call({ attributes: { ...about, [old]: before } })
    expect(call({ attributes: { ...about, [recent]: now } })).toMatchObject({ protocol, dependency, operation })
    expect(protocol).toBe('rpc')
  })

  test.each([
    ['AmazonSQS', 'aws.sqs'],
    ['aws_sqs', 'aws.sqs'],
    ['aws.sqs', 'aws.sqs'],
    ['AmazonSNS', 'aws.sns'],
    ['aws_sns', 'aws.sns'],
  ])('messaging.system %s is the dependency %s', (system, dependency) => {
    expect(call({ kind: 'producer', attributes: { 'messaging.system': system } }).dependency).toBe(dependency)
  })

  const TYPES = {
    send: ['send', 'publish', 'produce', 'enqueue'],
    receive: ['receive', 'poll', 'consume', 'fetch', 'get'],
    settle: ['settle', 'ack', 'nack', 'commit', 'complete', 'reject', 'abandon', 'defer'],
    process: ['process'],
  }
  const types = Object.entries(TYPES).flatMap(([type, all]) => all.map((said) => ({ said, operation: `${type} q` })))
  test.each(types)('the operation type $said is $operation', ({ said, operation }) => {
    const about = { 'messaging.system': 'kafka', 'messaging.destination.name': 'q' }
    for (const name of ['messaging.operation.type', 'messaging.operation', 'messaging.operation.name']) {
      expect(call({ attributes: { ...about, [name]: said } }).operation).toBe(operation)
    }
  })

  test.each([
    ['http.request.header.x_stainless_retry_count', 'http.request.header.x-stainless-retry-count'],
    ['http.resend_count', 'http.request.resend_count'],
  ])('the attempt is read from %s and %s', (old, recent) => {
    expect(call({ attributes: { [old]: '2' } }).attempt).toBe(2)
    expect(call({ attributes: { [old]: '2', [recent]: '3' } }).attempt).toBe(3)
  })

  test.each([
    'http.response.header.x-request-id',
    'http.response.header.x_request_id',
    'http.request.header.x-request-id',
    'http.request.header.x_request_id',
    'http.response.header.x-correlation-id',
    'http.response.header.x_correlation_id',
    'http.request.header.x-correlation-id',
    'http.request.header.x_correlation_id',
    'aws.request_id',
    'gen_ai.response.id',
    'messaging.message.conversation_id',
    'messaging.conversation_id',
    'messaging.message.id',
    'messaging.message_id',
    'guid:x-request-id',
    'jsonrpc.request.id',
  ])('the correlation id is read from %s', (name) => {
    expect(call({ attributes: { [name]: 'req-1' } }).correlationId).toBe('req-1')
  })
})
