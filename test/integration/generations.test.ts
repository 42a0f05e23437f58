import { describe, expect, test } from 'vitest'
import { DB_SYSTEMS, GEN_AI_PROVIDERS } from '../../integration/attribute-names.ts'
import type { SpanOptions } from './span.ts'
import { call } from './span.ts'

/** The same call as an SDK of an older and of a newer generation records it. */
interface Generations {
  name: string
  span?: SpanOptions
  old: NonNullable<SpanOptions['attributes']>
  new: NonNullable<SpanOptions['attributes']>
}

const SAME_CALLS: Generations[] = [
  {
    name: 'an HTTP call that succeeds',
    old: {
      'http.method': 'GET',
      'http.url': 'https://api.example/v1/users/42?x=1',
      'net.peer.name': 'api.example',
      'http.status_code': 200,
    },
    new: {
      'http.request.method': 'GET',
      'url.full': 'https://api.example/v1/users/42?x=1',
      'server.address': 'api.example',
      'server.port': 443,
      'http.response.status_code': 200,
    },
  },
  {
    name: 'an HTTP call by target and host',
    old: {
      'http.method': 'GET',
      'http.scheme': 'https',
      'http.host': 'API.example:8443',
      'http.target': '/v1/users/42?x=1',
      'http.status_code': 429,
    },
    new: {
      'http.request.method': 'GET',
      'url.scheme': 'https',
      'server.address': 'api.example',
      'server.port': 8443,
      'url.path': '/v1/users/42',
      'url.query': 'x=1',
      'http.response.status_code': 429,
      'error.type': '429',
    },
  },
  {
    name: 'an HTTP call to an address',
    old: {
      'http.method': 'GET',
      'http.url': 'http://10.0.0.1:9000/',
      'net.peer.ip': '10.0.0.1',
      'net.peer.port': 9000,
      'http.status_code': 503,
    },
    new: {
      'http.request.method': 'GET',
      'url.full': 'http://10.0.0.1:9000/',
      'server.address': '10.0.0.1',
      'server.port': 9000,
      'http.response.status_code': 503,
      'error.type': '503',
    },
  },
  {
    name: 'an HTTP call with an unknown method',
    old: { 'http.method': 'PURGE', 'http.url': 'https://cdn.example/a', 'http.status_code': 200 },
    new: {
      'http.request.method': '_OTHER',
      'http.request.method_original': 'PURGE',
      'url.full': 'https://cdn.example/a',
      'http.response.status_code': 200,
    },
  },
  {
    name: 'an HTTP call that nobody answered',
    span: { status: 'error', exception: { type: 'java.net.ConnectException', message: 'Connection refused' } },
    old: {
      'http.method': 'GET',
      'http.url': 'http://pay.svc:8080/charge',
      'net.peer.name': 'pay.svc',
      'net.peer.port': 8080,
    },
    new: {
      'http.request.method': 'GET',
      'url.full': 'http://pay.svc:8080/charge',
      'server.address': 'pay.svc',
      'server.port': 8080,
      'error.type': 'java.net.ConnectException',
    },
  },
  {
    name: 'a browser fetch without network',
    old: { 'http.method': 'GET', 'http.url': 'https://api.example/cart', 'http.status_code': 0 },
    new: { 'http.request.method': 'GET', 'url.full': 'https://api.example/cart', 'http.response.status_code': 0 },
  },
  {
    name: 'a gRPC call by name',
    span: { status: 'error', statusMessage: 'deadline' },
    old: {
      'rpc.system': 'grpc',
      'rpc.service': 'shop.v1.Pay',
      'rpc.method': 'Charge',
      'net.peer.name': 'pay.svc',
      'rpc.grpc.status_code': 4,
    },
    new: {
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.v1.Pay/Charge',
      'server.address': 'pay.svc',
      'server.port': 50051,
      'rpc.response.status_code': 'DEADLINE_EXCEEDED',
      'error.type': 'DEADLINE_EXCEEDED',
    },
  },
  {
    name: 'a gRPC call by address, as of August 2026',
    old: {
      'rpc.system': 'grpc',
      'rpc.service': 'shop.v1.Pay',
      'rpc.method': 'Charge',
      'net.sock.peer.addr': '10.9.1.4',
      'rpc.grpc.status_code': 16,
    },
    new: {
      'rpc.system.name': 'grpc',
      'rpc.method': 'shop.v1.Pay/Charge',
      'network.peer.address': '10.9.1.4',
      'rpc.status_code': 'UNAUTHENTICATED',
      'error.type': 'UNAUTHENTICATED',
    },
  },
  {
    name: 'a Connect call',
    old: {
      'rpc.system': 'connect_rpc',
      'rpc.service': 'shop.v1.Pay',
      'rpc.method': 'Charge',
      'net.peer.name': 'pay.svc',
      'rpc.connect_rpc.error_code': 'not_found',
    },
    new: {
      'rpc.system.name': 'connectrpc',
      'rpc.method': 'shop.v1.Pay/Charge',
      'server.address': 'pay.svc',
      'rpc.response.status_code': 'not_found',
    },
  },
  {
    name: 'an SQL query',
    old: {
      'db.system': 'postgresql',
      'db.name': 'shop',
      'db.statement': 'select * from orders where id = $1',
      'net.peer.name': 'db-main',
    },
    new: {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.query.summary': 'SELECT orders',
      'server.address': 'db-main',
    },
  },
  {
    name: 'an SQL query by operation and table',
    old: { 'db.system': 'mysql', 'db.name': 'shop', 'db.operation': 'select', 'db.sql.table': 'orders' },
    new: {
      'db.system.name': 'mysql',
      'db.namespace': 'shop',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'orders',
    },
  },
  {
    name: 'SQL Server with a named instance',
    old: {
      'db.system': 'mssql',
      'db.mssql.instance_name': 'inst1',
      'db.name': 'shop',
      'db.statement': 'SELECT 1 FROM orders',
    },
    new: {
      'db.system.name': 'microsoft.sql_server',
      'db.namespace': 'inst1|shop',
      'db.query.text': 'SELECT 1 FROM orders',
    },
  },
  {
    name: 'Redis',
    old: {
      'db.system': 'redis',
      'db.statement': 'GET session:?',
      'db.redis.database_index': 2,
      'net.peer.name': 'cache-1',
    },
    new: { 'db.system.name': 'redis', 'db.operation.name': 'GET', 'db.namespace': '2', 'server.address': 'cache-1' },
  },
  {
    name: 'MongoDB',
    old: { 'db.system': 'mongodb', 'db.name': 'shop', 'db.operation': 'find', 'db.mongodb.collection': 'users' },
    new: {
      'db.system.name': 'mongodb',
      'db.namespace': 'shop',
      'db.operation.name': 'find',
      'db.collection.name': 'users',
    },
  },
  {
    name: 'a Kafka message sent',
    span: { kind: 'producer' },
    old: { 'messaging.system': 'kafka', 'messaging.destination': 'orders', 'messaging.operation': 'publish' },
    new: {
      'messaging.system': 'kafka',
      'messaging.destination.name': 'orders',
      'messaging.operation.type': 'send',
      'messaging.operation.name': 'produce',
    },
  },
  {
    name: 'an SQS message sent to a temporary queue',
    span: { kind: 'producer' },
    old: {
      'messaging.system': 'AmazonSQS',
      'messaging.destination': 'reply-1234',
      'messaging.temp_destination': true,
      'messaging.operation': 'publish',
    },
    new: {
      'messaging.system': 'aws_sqs',
      'messaging.destination.name': 'reply-1234',
      'messaging.destination.temporary': true,
      'messaging.operation.type': 'send',
    },
  },
  {
    name: 'a Kafka leader that moved, as exception and as error type',
    span: {
      kind: 'producer',
      status: 'error',
      exception: { type: 'org.apache.kafka.common.errors.NotLeaderOrFollowerException' },
    },
    old: { 'messaging.system': 'kafka', 'messaging.destination': 'orders' },
    new: {
      'messaging.system': 'kafka',
      'messaging.destination.name': 'orders',
      'error.type': 'NOT_LEADER_OR_FOLLOWER',
    },
  },
  {
    name: 'an AWS call',
    old: { 'rpc.system': 'aws-api', 'rpc.service': 'S3', 'rpc.method': 'GetObject', 'http.status_code': 403 },
    new: {
      'rpc.system.name': 'aws-api',
      'rpc.method': 'S3/GetObject',
      'http.response.status_code': 403,
      'error.type': 'AccessDenied',
    },
  },
  {
    name: 'a model call',
    old: { 'gen_ai.system': 'az.ai.openai', 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-4o' },
    new: {
      'gen_ai.provider.name': 'azure.ai.openai',
      'gen_ai.operation.name': 'chat',
      'gen_ai.request.model': 'gpt-4o',
    },
  },
  {
    name: 'a PostgreSQL database, of which new SDKs say the schema',
    old: { 'db.system': 'postgresql', 'db.name': 'shop', 'db.statement': 'SELECT 1 FROM orders' },
    new: { 'db.system.name': 'postgresql', 'db.namespace': 'shop|public', 'db.query.text': 'SELECT 1 FROM orders' },
  },
  {
    name: 'a Snowflake database, of which new SDKs say the schema',
    old: { 'db.system': 'snowflake', 'db.name': 'SHOP', 'db.statement': 'SELECT 1 FROM orders' },
    new: { 'db.system.name': 'snowflake', 'db.namespace': 'SHOP|PUBLIC', 'db.query.text': 'SELECT 1 FROM orders' },
  },
  {
    name: 'an Elasticsearch cluster',
    old: { 'db.system': 'elasticsearch', 'db.elasticsearch.cluster.name': 'logs-prod', 'db.operation': 'search' },
    new: { 'db.system.name': 'elasticsearch', 'db.namespace': 'logs-prod', 'db.operation.name': 'search' },
  },
  {
    name: 'a Cassandra keyspace',
    old: {
      'db.system': 'cassandra',
      'db.cassandra.keyspace': 'shop',
      'db.operation': 'select',
      'db.cassandra.table': 'a',
    },
    new: {
      'db.system.name': 'cassandra',
      'db.namespace': 'shop',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'a',
    },
  },
  {
    name: 'SQL Server by its data source, as EF Core once had it',
    old: {
      'db.system': 'mssql',
      'db.name': 'shop',
      'peer.service': 'tcp:sql01.example,1433',
      'db.statement': 'SELECT 1 FROM orders',
    },
    new: {
      'db.system.name': 'microsoft.sql_server',
      'db.namespace': 'shop',
      'server.address': 'sql01.example',
      'db.query.text': 'SELECT 1 FROM orders',
    },
  },
  {
    name: 'a unique violation as exception and as SQLSTATE',
    span: {
      status: 'error',
      exception: {
        type: 'org.postgresql.util.PSQLException',
        message: 'ERROR: duplicate key value violates unique constraint "orders_pkey"',
      },
    },
    old: { 'db.system': 'postgresql', 'db.name': 'shop', 'db.statement': 'INSERT INTO orders VALUES (1)' },
    new: {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop|public',
      'db.query.summary': 'INSERT orders',
      'db.response.status_code': '23505',
      'error.type': '23505',
    },
  },
  {
    name: 'a database that shuts down, as exception and as SQLSTATE',
    span: {
      status: 'error',
      exception: {
        type: 'psycopg.errors.AdminShutdown',
        message: 'terminating connection due to administrator command',
      },
    },
    old: { 'db.system': 'postgresql', 'db.name': 'shop', 'db.statement': 'SELECT 1 FROM orders' },
    new: {
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.query.summary': 'SELECT orders',
      'db.response.status_code': '57P01',
    },
  },
  {
    name: 'AWS SDK for Java 1.x and 2.x',
    old: {
      'rpc.system': 'aws-api',
      'rpc.service': 'AmazonDynamoDBv2',
      'rpc.method': 'GetItem',
      'http.status_code': 200,
    },
    new: { 'rpc.system.name': 'aws-api', 'rpc.method': 'DynamoDb/GetItem', 'http.response.status_code': 200 },
  },
  {
    name: 'a throttled AWS call by its message and by its type',
    span: {
      status: 'error',
      exception: {
        type: 'botocore.exceptions.ClientError',
        message: 'An error occurred (ThrottlingException) when calling the GetItem operation: Rate exceeded',
      },
    },
    old: { 'rpc.system': 'aws-api', 'rpc.service': 'DynamoDB', 'rpc.method': 'GetItem', 'http.status_code': 400 },
    new: {
      'rpc.system.name': 'aws-api',
      'rpc.method': 'DynamoDB/GetItem',
      'http.response.status_code': 400,
      'error.type': 'ThrottlingException',
    },
  },
  {
    name: 'an HTTP call to an address that IPv6 maps',
    old: { 'http.method': 'GET', 'http.url': 'http://10.0.0.7:9000/', 'http.status_code': 200 },
    new: {
      'http.request.method': 'GET',
      'server.address': '::ffff:10.0.0.7',
      'server.port': 9000,
      'url.path': '/',
      'http.response.status_code': 200,
    },
  },
  {
    name: 'an HTTP call by template with a query',
    old: { 'http.method': 'GET', 'http.url': 'https://api.example/v1/users/42?x=1', 'http.status_code': 200 },
    new: {
      'http.request.method': 'GET',
      'server.address': 'api.example',
      'url.template': '/v1/users/{id}?x={x}',
      'http.response.status_code': 200,
    },
  },
  {
    name: 'a gRPC call whose code stood in the message',
    span: { status: 'error', statusMessage: '14 UNAVAILABLE: No connection established' },
    old: { 'rpc.system': 'grpc', 'rpc.service': 'shop.v1.Pay', 'rpc.method': 'Charge' },
    new: { 'rpc.system.name': 'grpc', 'rpc.method': 'shop.v1.Pay/Charge', 'rpc.status_code': 'UNAVAILABLE' },
  },
  {
    name: 'a RabbitMQ message to the default exchange',
    span: { kind: 'producer' },
    old: { 'messaging.system': 'rabbitmq', 'messaging.destination': '', 'messaging.rabbitmq.routing_key': 'orders' },
    new: {
      'messaging.system': 'rabbitmq',
      'messaging.destination.name': 'amq.default',
      'messaging.rabbitmq.destination.routing_key': 'orders',
      'messaging.operation.type': 'send',
    },
  },
  {
    name: 'an SQS message by URL and by name',
    span: { kind: 'producer' },
    old: {
      'messaging.system': 'AmazonSQS',
      'messaging.destination': 'https://sqs.eu-west-1.amazonaws.com/123456789012/orders',
    },
    new: { 'messaging.system': 'aws_sqs', 'messaging.destination.name': 'orders', 'messaging.operation.type': 'send' },
  },
  {
    name: 'a wrapper with a peer',
    span: { kind: 'internal', name: 'charge' },
    old: { 'peer.service': 'pay' },
    new: { 'service.peer.name': 'pay' },
  },
]

describe('the same call by an old and a new SDK has the same dependency, operation and outcome', () => {
  const identity = (options: SpanOptions) => {
    const { dependency, operation, outcome, protocol } = call(options)
    return { dependency, operation, outcome, protocol }
  }

  test.each(SAME_CALLS)('$name', ({ span, old, new: recent }) => {
    const before = identity({ ...span, attributes: old })
    expect(identity({ ...span, attributes: recent })).toEqual(before)
    expect(identity({ ...span, attributes: { ...old, ...recent } })).toEqual(before)
    expect(before.dependency).not.toBe('unknown')
  })

  test.each(Object.entries(DB_SYSTEMS))('database system %s is %s', (old, recent) => {
    expect(call({ attributes: { 'db.system': old } }).dependency).toBe(recent)
    expect(call({ attributes: { 'db.system.name': recent } }).dependency).toBe(recent)
  })

  test.each(Object.entries(GEN_AI_PROVIDERS))('model provider %s is %s', (old, recent) => {
    expect(call({ attributes: { 'gen_ai.system': old } }).dependency).toBe(recent)
    expect(call({ attributes: { 'gen_ai.provider.name': recent } }).dependency).toBe(recent)
  })
})
