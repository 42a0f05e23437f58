import { describe, expect, test } from 'vitest'
import type { Call } from '../../integration/call.ts'
import type { SpanOptions } from './span.ts'
import { call } from './span.ts'

/** Spans by other names than OpenTelemetry's own: libraries with conventions of their own, bridges and proxies. */
type Row = [name: string, span: SpanOptions, expected: Partial<Call>]

const spring = {
  method: 'GET',
  uri: '/orders/{id}',
  outcome: 'SUCCESS',
  status: '200',
  exception: 'none',
  'http.url': 'http://pay.example/orders/1',
  'client.name': 'pay.example',
}
const failed = { status: 'CLIENT_ERROR', outcome: 'UNKNOWN', exception: 'ResourceAccessException' }

const ROWS: Record<string, Row[]> = {
  'Spring Boot, Micrometer': [
    [
      'an answer of 200',
      { status: 'ok', attributes: spring },
      { outcome: 'ok', status: '200', operation: 'GET /orders/{id}', dependency: 'pay.example' },
    ],
    [
      'an answer of 500 on which the library sets Ok',
      { status: 'ok', attributes: { ...spring, status: '500', outcome: 'SERVER_ERROR' } },
      { outcome: 'server_error', status: '500' },
    ],
    [
      'the same, inbound',
      {
        kind: 'server',
        status: 'ok',
        attributes: { ...spring, status: '500', outcome: 'SERVER_ERROR', 'http.url': '/orders/1' },
      },
      { outcome: 'server_error', operation: 'GET /orders/{id}' },
    ],
    [
      'an inbound request without a handler',
      {
        kind: 'server',
        status: 'ok',
        attributes: { ...spring, uri: 'NOT_FOUND', status: '404', outcome: 'CLIENT_ERROR', 'http.url': '/ordrs/1' },
      },
      { outcome: 'client_error', operation: 'GET /ordrs/{id}' },
    ],
    [
      'an exception that the server handled with 409',
      {
        kind: 'server',
        status: 'ok',
        attributes: { ...spring, status: '409', outcome: 'CLIENT_ERROR', exception: 'Conflict' },
      },
      { outcome: 'client_error' },
    ],
    [
      'an answer of 429',
      { status: 'ok', attributes: { ...spring, status: '429', outcome: 'CLIENT_ERROR' } },
      { outcome: 'throttled' },
    ],
    [
      'no answer, with an exception',
      {
        status: 'error',
        attributes: { ...spring, ...failed },
        exception: { type: 'org.springframework.web.client.ResourceAccessException', message: 'I/O error: null' },
      },
      { outcome: 'connection', status: '' },
    ],
    [
      'no answer in time',
      {
        status: 'error',
        attributes: { ...spring, ...failed },
        exception: {
          type: 'org.springframework.web.client.ResourceAccessException',
          message: 'I/O error: Read timed out',
        },
      },
      { outcome: 'timeout' },
    ],
    [
      'no answer, named by the attribute alone',
      { status: 'ok', attributes: { ...spring, ...failed } },
      { outcome: 'connection', errorType: 'ResourceAccessException' },
    ],
    [
      'no answer and no exception, as a cancelled WebClient has it',
      { status: 'ok', attributes: { ...spring, ...failed, exception: 'none' } },
      { outcome: 'connection' },
    ],
    [
      'no answer: I/O error',
      { status: 'ok', attributes: { ...spring, ...failed, status: 'IO_ERROR' } },
      { outcome: 'connection' },
    ],
    [
      'a template with the base URL',
      { status: 'ok', attributes: { ...spring, uri: 'http://pay.example/orders/{id}?full={full}' } },
      { operation: 'GET /orders/{id}' },
    ],
    ['no template', { status: 'ok', attributes: { ...spring, uri: 'none' } }, { operation: 'GET /orders/{id}' }],
    [
      'no URL',
      { status: 'ok', attributes: { ...spring, 'http.url': '' } },
      { operation: 'GET /orders/{id}', dependency: 'pay.example', protocol: 'http' },
    ],
    [
      'gRPC, known by its scope',
      {
        status: 'ok',
        scope: 'org.springframework.boot',
        attributes: { 'rpc.service': 'shop.Pay', 'rpc.method': 'Charge', 'grpc.status_code': 'UNAVAILABLE' },
      },
      { outcome: 'server_error', status: 'UNAVAILABLE' },
    ],
    [
      'a person’s Ok on a span of OpenTelemetry’s own',
      { status: 'ok', attributes: { 'http.request.method': 'GET', 'http.response.status_code': 500 } },
      { outcome: 'ok' },
    ],
    [
      'a person’s Ok next to attributes of their own',
      {
        status: 'ok',
        attributes: { 'peer.service': 'pay', outcome: 'approved', status: '500', 'http.status_code': 500 },
      },
      { outcome: 'ok' },
    ],
  ],
  'Brave, Zipkin, Sleuth': [
    [
      'a call without a status',
      { attributes: { 'http.method': 'GET', 'http.path': '/orders/1', 'peer.service': 'orders' } },
      { outcome: 'ok', operation: 'GET /orders/{id}', protocol: 'http' },
    ],
    [
      'the same with its URL',
      { attributes: { 'http.method': 'GET', 'http.path': '/orders/1', 'http.url': 'http://orders/orders/1' } },
      { outcome: 'ok', dependency: 'orders' },
    ],
    [
      'an answer of 500',
      { attributes: { 'http.method': 'GET', 'http.path': '/orders/1', 'http.status_code': '500', error: '500' } },
      { outcome: 'server_error' },
    ],
    [
      'an exception’s text in the tag',
      { attributes: { 'http.method': 'GET', 'http.path': '/orders/1', error: 'Read timed out' } },
      { outcome: 'timeout' },
    ],
    [
      'an exception’s class in the tag',
      { attributes: { 'http.method': 'GET', 'http.path': '/orders/1', error: 'ConnectException' } },
      { outcome: 'connection' },
    ],
    [
      'the old conventions of OpenTelemetry without a status',
      { attributes: { 'http.method': 'GET', 'http.url': 'https://api.example/a' } },
      { outcome: 'cancelled' },
    ],
    [
      'a message by Brave',
      { kind: 'producer', attributes: { 'kafka.topic': 'orders' } },
      { protocol: 'messaging', dependency: 'kafka', operation: 'send orders' },
    ],
  ],
  'bridges from OpenTracing and other status carriers': [
    [
      'error=true',
      { attributes: { 'peer.service': 'legacy', error: true } },
      { outcome: 'unknown_error', errorType: '_OTHER' },
    ],
    ['error=false', { attributes: { 'peer.service': 'legacy', error: false } }, { outcome: 'ok' }],
    [
      'otel.status_code=ERROR and its description',
      {
        attributes: {
          'peer.service': 'legacy',
          'otel.status_code': 'ERROR',
          'otel.status_description': 'connection refused',
        },
      },
      { outcome: 'connection' },
    ],
    [
      'otel.status_code=OK',
      { attributes: { 'peer.service': 'legacy', 'otel.status_code': 'OK', 'http.status_code': 500 } },
      { outcome: 'ok' },
    ],
    [
      'error=true with a kind and a message',
      {
        attributes: {
          'peer.service': 'legacy',
          error: true,
          'error.kind': 'SocketTimeoutException',
          'error.message': 'x',
        },
      },
      { outcome: 'timeout' },
    ],
    [
      'error=true with a status of 200',
      { attributes: { 'http.method': 'GET', 'http.status_code': 200, error: true } },
      { outcome: 'unknown_error' },
    ],
    [
      'a database',
      { attributes: { 'db.type': 'sql', 'db.instance': 'shop', 'db.statement': 'SELECT * FROM orders' } },
      { protocol: 'db', dependency: 'other_sql/shop', operation: 'SELECT orders' },
    ],
    [
      'a host',
      { attributes: { 'http.method': 'GET', 'http.status_code': 200, 'peer.hostname': 'pay.example' } },
      { dependency: 'pay.example' },
    ],
    [
      'a message',
      { kind: 'producer', attributes: { 'message_bus.destination': 'orders', component: 'java-kafka' } },
      { protocol: 'messaging', dependency: 'kafka', operation: 'send orders' },
    ],
  ],
  'Envoy and Istio': [
    [
      'a cluster in place of an address',
      {
        attributes: {
          'http.method': 'GET',
          'http.url': 'http://10.4.0.1:8080/x',
          'http.status_code': 200,
          upstream_cluster: 'outbound|8080||reviews.shop.svc.cluster.local',
        },
      },
      { dependency: 'reviews.shop.svc.cluster.local' },
    ],
    [
      'a host name before the cluster',
      {
        attributes: {
          'http.method': 'GET',
          'http.url': 'https://api.partner.com/x',
          'http.status_code': 200,
          upstream_cluster: 'partner',
        },
      },
      { dependency: 'api.partner.com' },
    ],
    [
      'the caller’s address is not who was called',
      {
        attributes: {
          'http.method': 'GET',
          'http.status_code': 200,
          upstream_cluster: 'partner',
          'peer.address': '10.4.0.9',
        },
      },
      { dependency: 'partner' },
    ],
    [
      'nor without a cluster',
      { attributes: { component: 'proxy', 'http.method': 'GET', 'http.status_code': 200, 'peer.address': '10.4.0.9' } },
      { dependency: 'unknown' },
    ],
    [
      'what passes through the mesh',
      {
        attributes: {
          'http.method': 'GET',
          'http.url': 'http://10.4.0.1:8080/x',
          'http.status_code': 200,
          upstream_cluster: 'PassthroughCluster',
        },
      },
      { dependency: '10.4.0.1:8080' },
    ],
    [
      'DNS that failed',
      { attributes: { 'http.method': 'GET', 'http.status_code': 503, response_flags: 'DF' } },
      { outcome: 'connection' },
    ],
    [
      'the overload manager',
      { attributes: { 'http.method': 'GET', 'http.status_code': 503, response_flags: 'OM' } },
      { outcome: 'circuit_open' },
    ],
    [
      'long names',
      { attributes: { 'http.method': 'GET', 'http.status_code': 503, response_flags: 'NoHealthyUpstream' } },
      { outcome: 'connection' },
    ],
  ],
  gRPC: [
    [
      'a code at the start of the message (grpc-js)',
      {
        status: 'error',
        statusMessage: '4 DEADLINE_EXCEEDED: Deadline exceeded',
        attributes: { 'rpc.system': 'grpc', 'rpc.service': 'pay.S', 'rpc.method': 'M' },
      },
      { outcome: 'timeout', status: 'DEADLINE_EXCEEDED' },
    ],
    [
      'the same by Java',
      {
        status: 'error',
        attributes: { 'rpc.system': 'grpc' },
        exception: { type: 'io.grpc.StatusRuntimeException', message: 'UNAVAILABLE: io exception' },
      },
      { outcome: 'connection', status: 'UNAVAILABLE' },
    ],
    [
      'by Go',
      {
        status: 'error',
        statusMessage: 'rpc error: code = ResourceExhausted desc = slow down',
        attributes: { 'rpc.system': 'grpc' },
      },
      { outcome: 'throttled', status: 'RESOURCE_EXHAUSTED' },
    ],
    [
      'by Python',
      {
        status: 'error',
        attributes: { 'rpc.system': 'grpc' },
        exception: {
          type: 'grpc._channel._InactiveRpcError',
          message:
            '<_InactiveRpcError of RPC that terminated with:\n\tstatus = StatusCode.UNAVAILABLE\n\tdetails = "failed to connect to all addresses"',
        },
      },
      { outcome: 'connection', status: 'UNAVAILABLE' },
    ],
    [
      'by .NET',
      {
        status: 'error',
        statusMessage: 'Status(StatusCode="PermissionDenied", Detail="no")',
        attributes: { 'rpc.system': 'grpc' },
      },
      { outcome: 'auth', status: 'PERMISSION_DENIED' },
    ],
    [
      'by Rust',
      {
        status: 'error',
        statusMessage: 'status: NotFound, message: "no such order"',
        attributes: { 'rpc.system': 'grpc' },
      },
      { outcome: 'client_error', status: 'NOT_FOUND' },
    ],
    [
      'by Ruby',
      {
        status: 'error',
        attributes: { 'rpc.system': 'grpc' },
        exception: { type: 'GRPC::DeadlineExceeded', message: '4:Deadline Exceeded' },
      },
      { outcome: 'timeout', status: 'DEADLINE_EXCEEDED' },
    ],
    [
      'by Connect',
      { status: 'error', statusMessage: '[unavailable] upstream', attributes: { 'rpc.system': 'connect_rpc' } },
      { outcome: 'server_error', status: 'UNAVAILABLE' },
    ],
    [
      'a code printed by Python',
      { attributes: { 'rpc.system': 'grpc', 'rpc.grpc.status_code': 'StatusCode.UNAVAILABLE' } },
      { outcome: 'server_error', status: 'UNAVAILABLE' },
    ],
    [
      'a code printed as a tuple',
      { attributes: { 'rpc.system': 'grpc', 'rpc.grpc.status_code': "(14, 'unavailable')" } },
      { outcome: 'server_error', status: 'UNAVAILABLE' },
    ],
    [
      'a proxy’s status in place of a code',
      { attributes: { 'rpc.system': 'grpc', 'http.status_code': 503 } },
      { outcome: 'server_error', status: '503' },
    ],
    [
      'a proxy’s status next to a code',
      { attributes: { 'rpc.system': 'grpc', 'http.status_code': 200, 'rpc.grpc.status_code': 14 } },
      { outcome: 'server_error', status: 'UNAVAILABLE' },
    ],
    [
      'no code on a call that did not fail',
      { statusMessage: 'UNAVAILABLE: x', attributes: { 'rpc.system': 'grpc' } },
      { outcome: 'ok', status: '' },
    ],
  ],
  'HTTP status': [
    [
      'with its reason',
      { attributes: { 'http.request.method': 'GET', 'http.response.status_code': '200 OK' } },
      { outcome: 'ok', status: '200' },
    ],
    [
      'as a status line',
      { attributes: { 'http.request.method': 'GET', 'http.response.status_code': 'HTTP/1.1 503 Service Unavailable' } },
      { outcome: 'server_error', status: '503' },
    ],
    [
      'as a double',
      { attributes: { 'http.request.method': 'GET', 'http.response.status_code': '404.0' } },
      { outcome: 'client_error', status: '404' },
    ],
    [
      '999',
      { attributes: { 'http.request.method': 'GET', 'http.response.status_code': 999 } },
      { outcome: 'unknown_error', status: '' },
    ],
    [
      '600, failed',
      {
        status: 'error',
        attributes: { 'http.request.method': 'GET', 'http.response.status_code': 600, 'error.type': '600' },
      },
      { outcome: 'unknown_error' },
    ],
    [
      '0 and -1: nothing came back',
      { attributes: { 'http.request.method': 'GET', 'http.response.status_code': -1 } },
      { outcome: 'connection' },
    ],
    [
      '0, failed',
      { status: 'error', attributes: { 'http.request.method': 'GET', 'http.response.status_code': 0 } },
      { outcome: 'connection' },
    ],
    [
      'no number',
      { attributes: { 'http.request.method': 'GET', 'http.response.status_code': 'None' } },
      { outcome: 'cancelled' },
    ],
  ],
  Dapr: [
    [
      'HTTP',
      {
        attributes: {
          'dapr.api': 'POST /v1.0/invoke/orders/method/checkout',
          'dapr.status_code': '500',
          'net.peer.name': 'orders',
        },
      },
      {
        protocol: 'http',
        outcome: 'server_error',
        status: '500',
        dependency: 'orders',
        operation: 'POST /v1.0/invoke/orders/method/checkout',
      },
    ],
    [
      'gRPC',
      {
        attributes: {
          'dapr.api': '/dapr.proto.runtime.v1.Dapr/InvokeService',
          'dapr.status_code': '14',
          'rpc.service': 'Dapr',
          'net.peer.name': 'orders',
        },
      },
      { protocol: 'grpc', outcome: 'server_error', status: 'UNAVAILABLE' },
    ],
  ],
  RabbitMQ: [
    [
      'the default exchange goes by its routing key',
      {
        kind: 'producer',
        attributes: {
          'messaging.system': 'rabbitmq',
          'messaging.destination.name': 'amq.default',
          'messaging.rabbitmq.destination.routing_key': 'orders',
        },
      },
      { operation: 'send orders' },
    ],
    [
      'in the old spelling',
      {
        kind: 'producer',
        attributes: {
          'messaging.system': 'rabbitmq',
          'messaging.destination': '',
          'messaging.rabbitmq.routing_key': 'orders',
        },
      },
      { operation: 'send orders' },
    ],
    [
      'as the Java agent has it',
      {
        kind: 'producer',
        attributes: {
          'messaging.system': 'rabbitmq',
          'messaging.destination.name': '<default>',
          'messaging.rabbitmq.destination.routing_key': 'orders',
        },
      },
      { operation: 'send orders' },
    ],
    [
      'another exchange goes by its name',
      {
        kind: 'producer',
        attributes: {
          'messaging.system': 'rabbitmq',
          'messaging.destination.name': 'shop',
          'messaging.rabbitmq.destination.routing_key': 'order.4711',
        },
      },
      { operation: 'send shop' },
    ],
  ],
  'functions and Entity Framework': [
    [
      'a function by its name',
      { attributes: { 'faas.invoked_name': 'resize', 'faas.invoked_provider': 'gcp' } },
      { dependency: 'resize' },
    ],
    [
      'a function of AWS',
      {
        attributes: {
          'rpc.system': 'aws-api',
          'rpc.service': 'Lambda',
          'rpc.method': 'Invoke',
          'faas.invoked_name': 'resize',
        },
      },
      { dependency: 'aws.lambda', operation: 'Invoke' },
    ],
    [
      'EF Core: a data source is no name of a service',
      {
        scope: 'OpenTelemetry.Instrumentation.EntityFrameworkCore',
        attributes: { 'db.system': 'mssql', 'db.name': 'shop', 'peer.service': 'sql01' },
      },
      { dependency: 'microsoft.sql_server/shop' },
    ],
    [
      'nor without its scope',
      { attributes: { 'db.system': 'mssql', 'db.name': 'shop', 'peer.service': 'tcp:sql01.example,1433' } },
      { dependency: 'microsoft.sql_server/shop' },
    ],
    [
      'a data source without a database',
      { attributes: { 'db.system': 'mssql', 'peer.service': 'tcp:sql01.example,1433' } },
      { dependency: 'microsoft.sql_server/sql01.example' },
    ],
    [
      'a name of a service is one',
      { attributes: { 'db.system': 'postgresql', 'db.name': 'shop', 'peer.service': 'orders-db' } },
      { dependency: 'orders-db' },
    ],
    [
      'EF Core: a provider that has no system',
      {
        attributes: {
          'db.system': 'other_sql',
          'ef.provider': 'Npgsql.EntityFrameworkCore.PostgreSQL',
          'db.name': 'shop',
        },
      },
      { dependency: 'postgresql/shop' },
    ],
  ],
}

describe.each(Object.entries(ROWS))('%s', (_, rows) => {
  test.each(rows)('%s', (_name, options, expected) => expect(call(options)).toMatchObject(expected))
})

describe('a cancellation that may be a client’s own timeout', () => {
  const http = { 'http.request.method': 'GET', 'server.address': 'api.example' }
  test.each(['System.Threading.Tasks.TaskCanceledException', 'CanceledError', 'ERR_CANCELED'])(
    '%s of an outbound HTTP call is a timeout, so that an integration that hangs does not leave the SLI',
    (type) => {
      expect(call({ status: 'error', attributes: { ...http, 'error.type': type } }).outcome).toBe('timeout')
      expect(call({ kind: 'server', status: 'error', attributes: { ...http, 'error.type': type } }).outcome).toBe(
        'cancelled',
      )
      expect(call({ status: 'error', attributes: { 'peer.service': 'pay', 'error.type': type } }).outcome).toBe(
        'cancelled',
      )
    },
  )
})

describe('an AWS service has one name', () => {
  test.each([
    ['aws.s3', ['Amazon S3', 'AmazonS3', 'S3', 's3', 'S3Client']],
    ['aws.dynamodb', ['AmazonDynamoDBv2', 'AmazonDynamoDB', 'DynamoDb', 'DynamoDB', 'dynamodb']],
    ['aws.sqs', ['AmazonSQS', 'Sqs', 'SQS']],
    ['aws.sns', ['AmazonSNS', 'Sns', 'SNS']],
    ['aws.secrets-manager', ['AWSSecretsManager', 'SecretsManager', 'Secrets Manager', 'secretsmanager']],
    ['aws.sts', ['AWSSecurityTokenService', 'Sts', 'STS']],
    ['aws.ssm', ['AWSSimpleSystemsManagement', 'SSM', 'Ssm']],
    ['aws.sfn', ['AWSStepFunctions', 'SFN', 'Sfn', 'states']],
    ['aws.kms', ['AWSKMS', 'KMS', 'Kms']],
    ['aws.lambda', ['AWSLambda', 'Lambda', 'lambda']],
    ['aws.eventbridge', ['AmazonEventBridge', 'EventBridge', 'events']],
    ['aws.cloudwatch-logs', ['AWSLogs', 'CloudWatch Logs', 'CloudWatchLogs', 'logs']],
    [
      'aws.cognito-identity-provider',
      ['AWSCognitoIdentityProvider', 'Cognito Identity Provider', 'CognitoIdentityProvider', 'cognito-idp'],
    ],
    ['aws.bedrock-runtime', ['Bedrock Runtime', 'BedrockRuntime', 'bedrock-runtime']],
    ['aws.kinesis', ['AmazonKinesis', 'Kinesis', 'kinesis']],
    ['aws.firehose', ['AmazonKinesisFirehose', 'Firehose']],
    ['aws.route-53', ['Route 53', 'Route53', 'AmazonRoute53']],
    ['aws.x-new-service', ['X New Service']],
  ])('%s', (dependency, names) => {
    for (const name of names) {
      expect(call({ attributes: { 'rpc.system': 'aws-api', 'rpc.service': name } }).dependency).toBe(dependency)
      expect(call({ attributes: { 'rpc.system': 'aws-api', 'rpc.method': `${name}/Do` } }).dependency).toBe(dependency)
    }
  })

  test('a table of DynamoDB is no dependency of its own, and neither is a region', () => {
    const attributes = { 'db.system': 'dynamodb', 'server.address': 'dynamodb.eu-west-1.amazonaws.com' }
    expect(call({ attributes }).dependency).toBe('aws.dynamodb')
  })
})

describe('an address has one spelling', () => {
  const http = { 'http.request.method': 'GET' }
  test.each([
    [
      '10.0.0.7:8443',
      ['::ffff:10.0.0.7', '::FFFF:0a00:0007', '[::ffff:10.0.0.7]:8443', '10.0.0.7', '0:0:0:0:0:ffff:10.0.0.7'],
    ],
    [
      '[2001:db8::1]:8443',
      ['2001:DB8:0:0:0:0:0:1', '2001:0db8:0000:0000:0000:0000:0000:0001', '[2001:db8::1]', '2001:db8::1%eth0'],
    ],
    ['[2001:db8:0:1:1:1:1:1]:8443', ['2001:db8:0:1:1:1:1:1', '2001:0db8:0:0001:1:1:1:1']],
    ['[::1]:8443', ['::1', '0:0:0:0:0:0:0:1']],
    [
      'xn--mnchen-3ya.example',
      ['münchen.example', 'MÜNCHEN.example', 'xn--mnchen-3ya.example', 'XN--MNCHEN-3YA.example.'],
    ],
    [
      'sql01.example',
      [
        'tcp:sql01.example,1433',
        'tcp:sql01.example',
        'sql01.example,1433',
        'sql01.example\\shop',
        'sql01.example:1433',
        'tcp://sql01.example:1433',
      ],
    ],
    [
      'db.example',
      ['jdbc:postgresql://db.example:5432/shop', 'postgresql://u:p@db.example/shop', 'db.example:1521/ORCL'],
    ],
  ])('%s', (dependency, spellings) => {
    for (const address of spellings) {
      expect(call({ attributes: { ...http, 'server.address': address, 'server.port': 8443 } }).dependency).toBe(
        dependency,
      )
    }
  })

  test('an endpoint of a service is the service', () => {
    const attributes = { ...http, 'server.address': '10-4-0-1.orders.shop.svc.cluster.local' }
    expect(call({ attributes }).dependency).toBe('orders.shop.svc.cluster.local')
  })

  test('gRPC to a pod goes by the service', () => {
    for (const address of ['10.4.0.1', 'ip-10-4-0-1.ec2.internal', '10-4-0-1.shop.pod.cluster.local']) {
      const attributes = {
        'rpc.system': 'grpc',
        'rpc.service': 'shop.Pay',
        'rpc.method': 'Charge',
        'server.address': address,
      }
      expect(call({ attributes }).dependency).toBe('shop.Pay')
    }
  })
})

describe('a query is no part of an operation', () => {
  test.each([
    ['/v1/orders/{id}?full={full}', 'GET /v1/orders/{id}'],
    ['/v1/orders{?page,size}', 'GET /v1/orders'],
    ['/v1/orders/{id}#part', 'GET /v1/orders/{id}'],
    ['https://api.example/v1/orders/{id}', 'GET /v1/orders/{id}'],
    ['https://api.example', 'GET /'],
  ])('%s', (template, operation) => {
    expect(call({ attributes: { 'http.request.method': 'GET', 'url.template': template } }).operation).toBe(operation)
  })
})
