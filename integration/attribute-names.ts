/**
 * Names of the same fact through the generations of the OpenTelemetry semantic conventions, newest first:
 * the first one that is set and not empty wins, so SDKs that send both generations are read by the new one.
 * Source: https://opentelemetry.io/docs/specs/semconv/ (v1.44.0) and its migration guides for HTTP, database,
 * messaging and RPC; https://github.com/open-telemetry/semantic-conventions/blob/main/CHANGELOG.md.
 */
export const NAMES = {
  errorType: ['error.type'],
  httpErrorName: ['http.error_name'],
  responseFlags: ['response_flags'],

  httpMethod: ['http.request.method', 'http.method'],
  httpStatus: ['http.response.status_code', 'http.status_code'],
  httpRoute: ['http.route'],
  urlTemplate: ['url.template'],
  urlPath: ['url.path'],
  urlFull: ['url.full'],
  httpTarget: ['http.target'],
  httpUrl: ['http.url'],
  url: ['url.full', 'http.url'],
  anyUrl: ['url.full', 'http.url', 'url.path', 'http.target'],

  peerName: ['service.peer.name', 'peer.service'],
  serverPort: ['server.port', 'net.peer.port'],

  rpcSystem: ['rpc.system.name', 'rpc.system'],
  rpcService: ['rpc.service'],
  rpcMethod: ['rpc.method'],
  rpcStatus: ['rpc.status_code', 'rpc.response.status_code', 'rpc.grpc.status_code', 'grpc.status_code'],
  grpcStatus: ['rpc.grpc.status_code', 'grpc.status_code'],
  connectCode: ['rpc.connect_rpc.error_code'],
  jsonRpcCode: ['rpc.jsonrpc.error_code'],

  dbSystem: ['db.system.name', 'db.system'],
  dbNamespace: ['db.namespace', 'db.name', 'db.redis.database_index', 'db.mssql.instance_name'],
  dbMssqlInstance: ['db.mssql.instance_name'],
  dbOldName: ['db.name'],
  dbSummary: ['db.query.summary'],
  dbVerb: ['db.operation.name', 'db.operation'],
  dbCollection: [
    'db.collection.name',
    'db.sql.table',
    'db.mongodb.collection',
    'db.cassandra.table',
    'db.cosmosdb.container',
    'db.stored_procedure.name',
  ],
  dbQuery: ['db.query.text', 'db.statement'],
  dbStatus: ['db.response.status_code'],

  messagingSystem: ['messaging.system'],
  messagingType: ['messaging.operation.type'],
  messagingOldType: ['messaging.operation'],
  messagingName: ['messaging.operation.name'],
  destinationTemplate: ['messaging.destination.template'],
  destinationTemporary: ['messaging.destination.temporary', 'messaging.temp_destination'],
  destinationAnonymous: ['messaging.destination.anonymous'],
  destinationName: ['messaging.destination.name', 'messaging.destination'],

  genAiProvider: ['gen_ai.provider.name', 'gen_ai.system'],
  genAiOperation: ['gen_ai.operation.name'],
  genAiModel: ['gen_ai.request.model'],

  attempt: [
    'http.request.resend_count',
    'http.resend_count',
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
    'messaging.message.conversation_id',
    'messaging.conversation_id',
    'messaging.message.id',
    'messaging.message_id',
    'guid:x-request-id',
    'jsonrpc.request.id',
  ],
  syntheticType: ['user_agent.synthetic.type'],
  userAgent: ['user_agent.original', 'http.user_agent'],

  service: ['service.name'],
  environment: ['deployment.environment.name', 'deployment.environment'],
  version: ['service.version', 'container.image.tags', 'container.image.tag', 'faas.version', 'vcs.ref.head.revision'],
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
  { address: 'peer.address', ports: ['net.peer.port'] },
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
}

/** Values of `messaging.system` in older spellings; Plumbline writes AWS queues with a dot, like AWS services. */
export const MESSAGING_SYSTEMS: Readonly<Record<string, string>> = {
  amazonsqs: 'aws.sqs',
  aws_sqs: 'aws.sqs',
  amazonsns: 'aws.sns',
  aws_sns: 'aws.sns',
}

/** Values of `gen_ai.system` that were renamed with `gen_ai.provider.name`. */
export const GEN_AI_PROVIDERS: Readonly<Record<string, string>> = {
  'az.ai.openai': 'azure.ai.openai',
  'az.ai.inference': 'azure.ai.inference',
  vertex_ai: 'gcp.vertex_ai',
  gemini: 'gcp.gemini',
  xai: 'x_ai',
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
