import type { Direction } from './outcome.ts'

/**
 * Today's name of an attribute → the names it had before, newest first, on outbound spans and resources.
 * Source: https://opentelemetry.io/docs/specs/semconv/ (v1.44.0) and its migration guides for HTTP, database,
 * messaging and RPC; https://github.com/open-telemetry/semantic-conventions/blob/main/CHANGELOG.md.
 */
const FORMER_NAMES = {
  'http.request.method': ['http.method'],
  'http.response.status_code': ['http.status_code'],
  'http.request.resend_count': ['http.resend_count'],
  'http.request.body.size': ['http.request_content_length'],
  'http.response.body.size': ['http.response_content_length'],
  'url.full': ['http.url'],
  'url.path': ['http.target'],
  'url.scheme': ['http.scheme'],
  'user_agent.original': ['http.user_agent'],

  'server.address': ['net.peer.name', 'http.host', 'http.server_name'],
  'server.port': ['net.peer.port'],
  'client.address': ['http.client_ip'],
  'network.peer.address': ['net.sock.peer.addr', 'net.peer.ip'],
  'network.peer.port': ['net.sock.peer.port'],
  'network.transport': ['net.transport'],
  'network.protocol.name': ['net.protocol.name'],
  'network.protocol.version': ['net.protocol.version', 'http.flavor'],

  'rpc.system.name': ['rpc.system'],
  'rpc.status_code': ['rpc.response.status_code', 'rpc.grpc.status_code'],

  'db.system.name': ['db.system'],
  'db.namespace': ['db.name', 'db.redis.database_index', 'db.mssql.instance_name'],
  'db.query.text': ['db.statement'],
  'db.operation.name': ['db.operation'],
  'db.collection.name': ['db.sql.table', 'db.mongodb.collection', 'db.cassandra.table', 'db.cosmosdb.container'],

  'messaging.operation.type': ['messaging.operation'],
  'messaging.destination.name': ['messaging.destination'],
  'messaging.destination.temporary': ['messaging.temp_destination'],
  'messaging.destination.partition.id': ['messaging.kafka.destination.partition'],
  'messaging.message.id': ['messaging.message_id'],
  'messaging.message.conversation_id': ['messaging.conversation_id'],
  'messaging.client.id': ['messaging.client_id'],
  'messaging.consumer.group.name': ['messaging.kafka.consumer.group'],
  'messaging.kafka.offset': ['messaging.kafka.message.offset'],

  'service.peer.name': ['peer.service'],
  'deployment.environment.name': ['deployment.environment'],
  'container.image.tags': ['container.image.tag'],
  'cloud.availability_zone': ['cloud.zone'],

  'gen_ai.provider.name': ['gen_ai.system'],
  'gen_ai.usage.input_tokens': ['gen_ai.usage.prompt_tokens'],
  'gen_ai.usage.output_tokens': ['gen_ai.usage.completion_tokens'],
} as const satisfies Record<string, readonly string[]>

/** Where a server's span had other former names: there, the peer was the client. */
const FORMER_INBOUND_NAMES = {
  'server.address': ['net.host.name', 'http.host', 'http.server_name'],
  'server.port': ['net.host.port'],
  'client.address': ['http.client_ip', 'net.peer.name'],
  'client.port': ['net.peer.port'],
} as const satisfies Record<string, readonly string[]>

/** An attribute's name of today with all its former ones, newest first. */
export function generationsOf(name: string, direction: Direction): readonly string[] {
  const inbound: Readonly<Record<string, readonly string[]>> = FORMER_INBOUND_NAMES
  const outbound: Readonly<Record<string, readonly string[]>> = FORMER_NAMES
  const former = direction === 'inbound' && Object.hasOwn(inbound, name) ? inbound : outbound
  if (Object.hasOwn(former, name)) return [name, ...former[name]!]
  const header = HEADER.exec(name)
  return header === null ? [name] : [name, header[1] + header[2]!.replaceAll('-', '_')]
}

/** Names of headers, which once had `_` for `-`. */
const HEADER = /^(http\.(?:request|response)\.header\.)(.*-.*)$/

const generations = <N extends keyof typeof FORMER_NAMES>(name: N): readonly string[] => [name, ...FORMER_NAMES[name]]

/**
 * Where each fact about a call is looked for, best first: the first name that is set and not empty wins, so SDKs that
 * send both generations are read by the new one.
 */
export const NAMES = {
  errorType: ['error.type'],
  httpErrorName: ['http.error_name'],
  /** Zipkin and OpenTracing: `true`, or what went wrong. */
  errorTag: ['error'],
  /** The status where it was carried as an attribute. Source: OpenTelemetry to Zipkin and Jaeger. */
  otelStatus: ['otel.status_code'],
  errorTexts: ['error.message', 'otel.status_description', 'error.msg', 'http.error_message', 'exception.message'],
  errorKind: ['exception.type', 'error.kind'],
  responseFlags: ['response_flags'],
  envoyCluster: ['upstream_cluster', 'upstream_cluster.name'],

  /** Spring's observations. Source: https://docs.spring.io/spring-framework/reference/integration/observability.html. */
  micrometerStatus: ['status'],
  micrometerException: ['exception'],
  micrometerMethod: ['method'],
  micrometerUri: ['uri'],
  micrometerClient: ['client.name'],

  daprStatus: ['dapr.status_code'],
  daprApi: ['dapr.api'],
  faasInvoked: ['faas.invoked_name'],

  httpMethod: generations('http.request.method'),
  httpStatus: generations('http.response.status_code'),
  httpRoute: ['http.route'],
  urlTemplate: ['url.template'],
  urlPath: ['url.path'],
  urlFull: ['url.full'],
  httpTarget: ['http.target'],
  httpUrl: ['http.url'],
  /** Zipkin's Brave. Source: https://github.com/openzipkin/brave/tree/master/instrumentation/http. */
  httpPath: ['http.path'],
  anyUrl: [...generations('url.full'), ...generations('url.path')],

  peerName: generations('service.peer.name'),

  rpcSystem: generations('rpc.system.name'),
  rpcService: ['rpc.service'],
  rpcMethod: ['rpc.method'],
  rpcStatus: [...generations('rpc.status_code'), 'grpc.status_code'],
  grpcStatus: ['rpc.grpc.status_code', 'grpc.status_code'],
  connectCode: ['rpc.connect_rpc.error_code'],
  jsonRpcCode: ['rpc.jsonrpc.error_code'],

  /** The last is OpenTracing's. */
  dbSystem: [...generations('db.system.name'), 'db.type'],
  /** What databases called the same thing before, and OpenTracing. */
  dbNamespace: [
    ...generations('db.namespace'),
    'db.elasticsearch.cluster.name',
    'db.cassandra.keyspace',
    'db.hbase.namespace',
    'db.instance',
  ],
  entityFrameworkProvider: ['ef.provider'],
  dbMssqlInstance: ['db.mssql.instance_name'],
  dbOldName: ['db.name'],
  dbSummary: ['db.query.summary'],
  dbVerb: generations('db.operation.name'),
  dbCollection: [...generations('db.collection.name'), 'db.stored_procedure.name'],
  dbQuery: generations('db.query.text'),
  dbStatus: ['db.response.status_code'],

  messagingSystem: ['messaging.system'],
  messagingType: ['messaging.operation.type'],
  messagingOldType: ['messaging.operation'],
  messagingName: ['messaging.operation.name'],
  destinationTemplate: ['messaging.destination.template'],
  destinationTemporary: generations('messaging.destination.temporary'),
  destinationAnonymous: ['messaging.destination.anonymous'],
  destinationName: generations('messaging.destination.name'),
  bridgedDestination: [
    'message_bus.destination',
    'kafka.topic',
    'rabbit.queue',
    'rabbit.exchange',
    'jms.queue',
    'jms.topic',
  ],
  /** Of RabbitMQ: what a message to the default exchange goes by. */
  routingKey: ['messaging.rabbitmq.destination.routing_key', 'messaging.rabbitmq.routing_key', 'rabbit.routing_key'],
  openTracingComponent: ['component'],

  genAiProvider: generations('gen_ai.provider.name'),
  genAiOperation: ['gen_ai.operation.name'],
  genAiModel: ['gen_ai.request.model'],

  attempt: [
    ...generations('http.request.resend_count'),
    'http.request.header.x-stainless-retry-count',
    'http.request.header.x_stainless_retry_count',
    'previous-rpc-attempts',
  ],
  correlationId: [
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
    ...generations('messaging.message.conversation_id'),
    ...generations('messaging.message.id'),
    'guid:x-request-id',
    'jsonrpc.request.id',
  ],
  syntheticType: ['user_agent.synthetic.type'],
  userAgent: generations('user_agent.original'),

  service: ['service.name'],
  environment: generations('deployment.environment.name'),
  version: ['service.version', ...generations('container.image.tags'), 'faas.version', 'vcs.ref.head.revision'],
  region: ['cloud.region'],
} as const satisfies Record<string, readonly string[]>

/** Where a host may be written, best first, and which attributes carry its port when the address itself does not. */
export const HOST_SOURCES = [
  { address: 'server.address', ports: ['server.port', 'net.peer.port'] },
  { address: 'net.peer.name', ports: ['server.port', 'net.peer.port'] },
  { address: 'http.host', ports: ['server.port', 'net.peer.port'] },
  { address: 'url.full', ports: [] },
  { address: 'http.url', ports: [] },
  { address: 'network.peer.address', ports: ['network.peer.port'] },
  { address: 'net.sock.peer.addr', ports: ['net.sock.peer.port'] },
  { address: 'net.peer.ip', ports: ['net.peer.port'] },
  { address: 'peer.hostname', ports: ['peer.port'] },
  { address: 'peer.ipv4', ports: ['peer.port'] },
  { address: 'peer.ipv6', ports: ['peer.port'] },
  { address: 'peer.address', ports: ['net.peer.port', 'peer.port'] },
] as const

/** Values of `db.system` that were renamed with `db.system.name`. */
export const DB_SYSTEMS: Readonly<Record<string, string>> = {
  mssql: 'microsoft.sql_server',
  oracle: 'oracle.db',
  dynamodb: 'aws.dynamodb',
  redshift: 'aws.redshift',
  cosmosdb: 'azure.cosmosdb',
  spanner: 'gcp.spanner',
  db2: 'ibm.db2',
  informix: 'ibm.informix',
  netezza: 'ibm.netezza',
  h2: 'h2database',
  hanadb: 'sap.hana',
  maxdb: 'sap.maxdb',
  firebird: 'firebirdsql',
  ingres: 'actian.ingres',
  adabas: 'softwareag.adabas',
  intersystems_cache: 'intersystems.cache',
  // Names that instrumentations made up, and OpenTracing's.
  sql: 'other_sql',
  postgres: 'postgresql',
  pgsql: 'postgresql',
  sqlserver: 'microsoft.sql_server',
  sql_server: 'microsoft.sql_server',
  oracledb: 'oracle.db',
  mongo: 'mongodb',
  // Providers of Entity Framework Core, by package.
  'microsoft.entityframeworkcore.sqlserver': 'microsoft.sql_server',
  'microsoft.entityframeworkcore.sqlite': 'sqlite',
  'microsoft.entityframeworkcore.cosmos': 'azure.cosmosdb',
  'npgsql.entityframeworkcore.postgresql': 'postgresql',
  'pomelo.entityframeworkcore.mysql': 'mysql',
  'mysql.entityframeworkcore': 'mysql',
  'mysql.data.entityframeworkcore': 'mysql',
  'devart.data.mysql.entity.efcore': 'mysql',
  'devart.data.postgresql.entity.efcore': 'postgresql',
  'devart.data.oracle.entity.efcore': 'oracle.db',
  'oracle.entityframeworkcore': 'oracle.db',
  'firebirdsql.entityframeworkcore.firebird': 'firebirdsql',
  'ibm.entityframeworkcore': 'ibm.db2',
  'mongodb.entityframeworkcore': 'mongodb',
  'couchbase.entityframeworkcore': 'couchbase',
  'google.cloud.entityframeworkcore.spanner': 'gcp.spanner',
}

/** Values of `messaging.system` in older spellings; Plumbline writes AWS queues with a dot, like AWS services. */
export const MESSAGING_SYSTEMS: Readonly<Record<string, string>> = {
  amazonsqs: 'aws.sqs',
  aws_sqs: 'aws.sqs',
  amazonsns: 'aws.sns',
  aws_sns: 'aws.sns',
  sqs: 'aws.sqs',
  sns: 'aws.sns',
  kinesis: 'aws.kinesis',
  amazonkinesis: 'aws.kinesis',
  aws_kinesis: 'aws.kinesis',
  rabbit: 'rabbitmq',
  'rabbitmq.client': 'rabbitmq',
  azureservicebus: 'servicebus',
  azure_servicebus: 'servicebus',
  eventhub: 'eventhubs',
  azure_eventhubs: 'eventhubs',
  google_pubsub: 'gcp_pubsub',
  pubsub_google: 'gcp_pubsub',
}

/** Values of `gen_ai.system` that were renamed with `gen_ai.provider.name`. */
export const GEN_AI_PROVIDERS: Readonly<Record<string, string>> = {
  'az.ai.openai': 'azure.ai.openai',
  'az.ai.inference': 'azure.ai.inference',
  vertex_ai: 'gcp.vertex_ai',
  gemini: 'gcp.gemini',
  xai: 'x_ai',
  azure_openai: 'azure.ai.openai',
  'azure.openai': 'azure.ai.openai',
  az_openai: 'azure.ai.openai',
  bedrock: 'aws.bedrock',
  aws_bedrock: 'aws.bedrock',
  vertexai: 'gcp.vertex_ai',
  google_vertexai: 'gcp.vertex_ai',
  google_genai: 'gcp.gemini',
  google_generativeai: 'gcp.gemini',
  mistralai: 'mistral_ai',
}

/** Values of `rpc.system` that were renamed with `rpc.system.name`. */
export const RPC_SYSTEMS: Readonly<Record<string, string>> = {
  apache_dubbo: 'dubbo',
  connect_rpc: 'connectrpc',
}

/** Names of messaging operations through the generations, folded to the four that matter to a caller. */
export const MESSAGING_TYPES: Readonly<Record<string, string>> = {
  send: 'send',
  publish: 'send',
  produce: 'send',
  enqueue: 'send',
  receive: 'receive',
  poll: 'receive',
  consume: 'receive',
  fetch: 'receive',
  get: 'receive',
  settle: 'settle',
  ack: 'settle',
  nack: 'settle',
  commit: 'settle',
  complete: 'settle',
  reject: 'settle',
  abandon: 'settle',
  defer: 'settle',
  process: 'process',
  deliver: 'process',
  create: 'create',
}
