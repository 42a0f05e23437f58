import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../integration/outcome.ts'
import { OUTCOMES, ownerOf } from '../../integration/outcome.ts'
import type { SpanOptions } from './span.ts'
import { call } from './span.ts'

const outcomeOf = (options: SpanOptions): Outcome => call(options).outcome

/** `429 529: outcome` lines, one row per code. */
const rows = (table: Record<string, Outcome>): [string, Outcome][] =>
  Object.entries(table).flatMap(([codes, outcome]) =>
    codes.split(/\s+/).map((code): [string, Outcome] => [code, outcome]),
  )

describe('owner', () => {
  test('of an outbound call: the provider for what it failed to do, us for what we did wrong', () => {
    const owners = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, ownerOf(outcome, 'outbound')]))
    expect(owners).toEqual({
      ok: 'none',
      cancelled: 'none',
      client_error: 'us',
      auth: 'us',
      schema: 'us',
      circuit_open: 'us',
      throttled: 'quota',
      timeout: 'provider',
      connection: 'provider',
      server_error: 'provider',
      unknown_error: 'none',
    })
  })

  test('of an inbound call: our failures are ours, the caller’s mistakes are not', () => {
    const ours = OUTCOMES.filter((outcome) => ownerOf(outcome, 'inbound') === 'us')
    expect(ours.sort()).toEqual(['circuit_open', 'connection', 'schema', 'server_error', 'timeout'])
    expect(['client_error', 'auth', 'throttled'].map((each) => ownerOf(each as Outcome, 'inbound'))).toEqual([
      'none',
      'none',
      'none',
    ])
  })
})

describe('span status', () => {
  const FAILURE = {
    'http.request.method': 'GET',
    'http.response.status_code': 503,
    'error.type': '503',
    response_flags: 'UO',
  }

  test('Ok, set by a person, suppresses every error found elsewhere', () => {
    const suppressed = call({ status: 'ok', attributes: FAILURE, exception: { type: 'java.net.ConnectException' } })
    expect(suppressed).toMatchObject({ outcome: 'ok', errorType: '', status: '503' })
  })

  test('an exception on a span that is not Error was handled', () => {
    const handled = {
      attributes: { 'rpc.system': 'grpc', 'rpc.grpc.status_code': 0 },
      exception: { type: 'TimeoutError' },
    }
    expect(call(handled)).toMatchObject({ outcome: 'ok', errorType: '' })
    expect(outcomeOf({ ...handled, status: 'error' })).toBe('timeout')
  })

  test('Error without anything else is unknown', () => {
    expect(call({ status: 'error', attributes: { 'peer.service': 'pay' } })).toMatchObject({
      outcome: 'unknown_error',
      errorType: '_OTHER',
    })
  })

  test('an error type alone means failed, whatever the status', () => {
    expect(outcomeOf({ attributes: { 'peer.service': 'pay', 'error.type': '_OTHER' } })).toBe('unknown_error')
  })

  test('a span that reports nothing bad is ok', () => {
    expect(outcomeOf({ attributes: { 'peer.service': 'pay' } })).toBe('ok')
  })
})

describe('Envoy response flags', () => {
  const FLAGS = rows({
    'UT SI DT': 'timeout',
    UO: 'circuit_open',
    RL: 'throttled',
    DC: 'cancelled',
    UAEX: 'auth',
    'UF UC UH LR UR URX': 'connection',
    'NR NC IH': 'client_error',
  })
  const withFlags = (flags: string) => ({
    attributes: { 'http.method': 'GET', 'http.status_code': 200, response_flags: flags },
  })

  test.each(FLAGS)('%s → %s', (flag, outcome) => expect(outcomeOf(withFlags(flag))).toBe(outcome))
  test('- says nothing', () => expect(outcomeOf(withFlags('-'))).toBe('ok'))
  test('an unknown flag says nothing', () => expect(outcomeOf(withFlags('ZZ'))).toBe('ok'))
  test('of several the one listed first decides', () => expect(outcomeOf(withFlags('URX,UT'))).toBe('timeout'))
  test('they win over the status', () => {
    expect(outcomeOf({ attributes: { 'http.method': 'GET', 'http.status_code': 503, response_flags: 'UO' } })).toBe(
      'circuit_open',
    )
  })
})

describe('types that win over the status code', () => {
  const TYPES = rows({
    'io.github.resilience4j.circuitbreaker.CallNotPermittedException CircuitBreakerOpenException CircuitBreakerError':
      'circuit_open',
    'CircuitBreakerException Polly.CircuitBreaker.BrokenCircuitException IsolatedCircuitException EOPENBREAKER':
      'circuit_open',
    'gobreaker.CircuitOpen OpenCircuitError HystrixShortCircuitException': 'circuit_open',
    'ThrottlingException RequestThrottled TooManyRequestsException openai.RateLimitError rate_limit_exceeded':
      'throttled',
    'SlowDown RequestLimitExceeded com.amazonaws.LimitExceededException ProvisionedThroughputExceededException':
      'throttled',
    'insufficient_quota RequestNotPermitted google.api_core.exceptions.ResourceExhausted': 'throttled',
    'UnauthorizedException ForbiddenError AccessDeniedException openai.AuthenticationError PermissionDeniedError':
      'auth',
    'ExpiredTokenException InvalidToken InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch': 'auth',
    'InvalidSignatureException invalid_grant invalid_client invalid_api_key NotAuthorizedException': 'auth',
    'NoCredentialsError CredentialUnavailableException user_authentication_error': 'auth',
  })
  test.each(TYPES)('%s → %s', (type, outcome) => {
    expect(
      outcomeOf({
        status: 'error',
        attributes: { 'http.method': 'POST', 'http.status_code': 400, 'error.type': type },
      }),
    ).toBe(outcome)
  })

  test.each(['TOOMANYREQUESTSEXCEPTION', 'toomanyrequestsexception', 'too_many_requests'])(
    'case does not matter: %s',
    (type) => {
      expect(outcomeOf({ attributes: { 'http.status_code': 400, 'error.type': type } })).toBe('throttled')
    },
  )

  test.each(['Circuit breaker is open', 'circuit breaker open for pay', 'short-circuited and fallback failed'])(
    'message "%s" → circuit_open',
    (statusMessage) =>
      expect(outcomeOf({ status: 'error', statusMessage, attributes: { 'peer.service': 'pay' } })).toBe('circuit_open'),
  )

  test.each([
    ['javax.naming.SizeLimitExceededException', 'unknown_error'],
    ['configuration_limit_exceeded', 'unknown_error'],
  ])('a limit of size or configuration is no throttling: %s', (type, outcome) => {
    expect(outcomeOf({ attributes: { 'peer.service': 'ldap', 'error.type': type } })).toBe(outcome)
  })

  test('the type of the last exception counts like error.type', () => {
    expect(
      outcomeOf({
        status: 'error',
        attributes: { 'http.method': 'GET', 'http.status_code': 400 },
        exception: { type: 'ThrottlingException' },
      }),
    ).toBe('throttled')
  })

  test('http.error_name counts, too', () => {
    expect(outcomeOf({ status: 'error', attributes: { 'http.method': 'GET', 'http.error_name': 'ETIMEDOUT' } })).toBe(
      'timeout',
    )
  })
})

describe('HTTP status', () => {
  const STATUSES = rows({
    '401 403 407 511': 'auth',
    '408 504 522 524 598 599': 'timeout',
    '420 429': 'throttled',
    '460 499': 'cancelled',
    '400 404 405 409 410 418 422 451': 'client_error',
    '500 501 502 503 505 529 530': 'server_error',
    '100 200 204 301 304 399': 'ok',
  })
  test.each(STATUSES)('%s → %s', (status, outcome) => {
    expect(outcomeOf({ attributes: { 'http.request.method': 'GET', 'http.response.status_code': status } })).toBe(
      outcome,
    )
  })
  test('a numeric error type is a status', () => {
    expect(call({ status: 'error', attributes: { 'http.request.method': 'GET', 'error.type': '503' } })).toMatchObject({
      status: '503',
      outcome: 'server_error',
    })
  })
  test('decides for gen_ai and aws as well', () => {
    expect(
      outcomeOf({ status: 'error', attributes: { 'gen_ai.system': 'openai', 'http.response.status_code': 500 } }),
    ).toBe('server_error')
    expect(outcomeOf({ status: 'error', attributes: { 'rpc.system': 'aws-api', 'http.status_code': 403 } })).toBe(
      'auth',
    )
  })
  test('does not decide for gRPC', () => {
    expect(
      outcomeOf({ attributes: { 'rpc.system': 'grpc', 'http.status_code': 503, 'rpc.grpc.status_code': 0 } }),
    ).toBe('ok')
  })
})

describe('missing HTTP status on a span that did not fail', () => {
  test.each(['http.response.status_code', 'http.status_code'])('%s 0 → connection', (name) => {
    expect(outcomeOf({ attributes: { 'http.request.method': 'GET', [name]: 0 } })).toBe('connection')
  })
  test('none at all → cancelled by the caller', () => {
    expect(outcomeOf({ attributes: { 'http.request.method': 'GET' } })).toBe('cancelled')
  })
  test('inbound → ok', () => {
    expect(outcomeOf({ kind: 'server', attributes: { 'http.request.method': 'GET' } })).toBe('ok')
    expect(outcomeOf({ kind: 'server', attributes: { 'http.request.method': 'GET', 'http.status_code': 0 } })).toBe(
      'ok',
    )
  })
})

describe('gRPC code', () => {
  const CODES = rows({
    'OK 0': 'ok',
    'CANCELLED 1 Canceled canceled': 'cancelled',
    'DEADLINE_EXCEEDED 4 DeadlineExceeded deadline_exceeded': 'timeout',
    'RESOURCE_EXHAUSTED 8': 'throttled',
    'PERMISSION_DENIED 7 UNAUTHENTICATED 16': 'auth',
    'INVALID_ARGUMENT 3 NOT_FOUND 5 ALREADY_EXISTS 6 FAILED_PRECONDITION 9 ABORTED 10 OUT_OF_RANGE 11': 'client_error',
    'UNAVAILABLE 14 UNKNOWN 2 UNIMPLEMENTED 12 INTERNAL 13 DATA_LOSS 15': 'server_error',
  })
  const NAMES = ['rpc.status_code', 'rpc.response.status_code', 'rpc.grpc.status_code', 'grpc.status_code']
  test.each(CODES)('%s → %s', (code, outcome) => {
    for (const name of NAMES) expect(outcomeOf({ attributes: { 'rpc.system': 'grpc', [name]: code } })).toBe(outcome)
  })
  test.each([
    'connection refused',
    'no connection established',
    'transport is closing',
    'upstream connect error or disconnect',
  ])('UNAVAILABLE with "%s" → connection', (statusMessage) =>
    expect(
      outcomeOf({ status: 'error', statusMessage, attributes: { 'rpc.system': 'grpc', 'rpc.grpc.status_code': 14 } }),
    ).toBe('connection'),
  )
  test('UNAVAILABLE for another reason → server_error', () => {
    expect(
      outcomeOf({
        status: 'error',
        statusMessage: 'database is draining',
        attributes: { 'rpc.system': 'grpc', 'rpc.grpc.status_code': 14 },
      }),
    ).toBe('server_error')
  })
  test('Connect codes read like gRPC’s', () => {
    expect(
      call({
        status: 'error',
        attributes: { 'rpc.system': 'connect_rpc', 'rpc.connect_rpc.error_code': 'resource_exhausted' },
      }),
    ).toMatchObject({
      status: 'RESOURCE_EXHAUSTED',
      outcome: 'throttled',
    })
  })
  test('a JSON-RPC code is kept as status and says nothing', () => {
    expect(
      call({ status: 'error', attributes: { 'rpc.system': 'jsonrpc', 'rpc.jsonrpc.error_code': -32601 } }),
    ).toMatchObject({
      status: '-32601',
      outcome: 'unknown_error',
    })
  })
  test('a native gRPC span carries its code in the status message', () => {
    expect(
      call({ name: 'Sent.shop.v1.Pay/Charge', status: 'error', statusMessage: 'UNAVAILABLE, connection refused' }),
    ).toMatchObject({
      protocol: 'grpc',
      dependency: 'shop.v1.Pay',
      operation: 'shop.v1.Pay/Charge',
      status: 'UNAVAILABLE',
      outcome: 'connection',
    })
  })
})

describe('database code', () => {
  const SYSTEMS: [system: string, codes: [string, Outcome][]][] = [
    [
      'postgresql',
      rows({
        '57014': 'cancelled',
        '55P03': 'timeout',
        '28000 28P01 42501': 'auth',
        '53300': 'throttled',
        '08000 08006 57P01 57P03': 'connection',
        '53100 58030 XX000 F0000 HV000': 'server_error',
        '23505 42601 40001 P0001': 'client_error',
      }),
    ],
    [
      'mysql',
      rows({
        '1040 1203 1226': 'throttled',
        '1044 1045 1142 1227 1698': 'auth',
        '1205 3024': 'timeout',
        '1317': 'cancelled',
        '1053 2002 2003 2005 2006 2013 2055': 'connection',
        '1021 1037 1041 1105': 'server_error',
        '1062 1064 1213': 'client_error',
        '08S01': 'connection',
        '28000': 'auth',
      }),
    ],
    ['mariadb', rows({ '1040': 'throttled', '2013': 'connection', '1146': 'client_error' })],
    [
      'mssql',
      rows({
        '-2 \u22122': 'timeout',
        '18456 229 230 916': 'auth',
        '10928 10929 40501 49918': 'throttled',
        '53 233 10053 10054 10060 40613': 'connection',
        '701 823 824': 'server_error',
        '1205 2627 208': 'client_error',
      }),
    ],
    [
      'oracle',
      rows({
        '1017 1031 28000 ORA-01017': 'auth',
        '1013': 'cancelled',
        '12170 ORA-12170': 'timeout',
        '18 ORA-00018 12516 12519 12520': 'throttled',
        '3113 3114 12514 12541 17002 17410': 'connection',
        '600 7445 ORA-00600': 'server_error',
        '1 942 ORA-00001': 'client_error',
      }),
    ],
    [
      'mongodb',
      rows({
        '13 18': 'auth',
        '50 89 262': 'timeout',
        '16500': 'throttled',
        '6 7 91 189 10107 11600 11602': 'connection',
        '8': 'server_error',
        '11000 112': 'client_error',
      }),
    ],
    [
      'redis',
      rows({
        'NOAUTH WRONGPASS NOPERM': 'auth',
        'LOADING MASTERDOWN CLUSTERDOWN TRYAGAIN READONLY BUSY OOM MISCONF': 'server_error',
        'ERR WRONGTYPE MOVED EXECABORT': 'client_error',
      }),
    ],
    [
      'elasticsearch',
      rows({ '401': 'auth', '408': 'timeout', '429': 'throttled', '404': 'client_error', '503': 'server_error' }),
    ],
  ]
  describe.each(SYSTEMS)('%s', (system, codes) => {
    test.each(codes)('%s → %s', (code, outcome) => {
      expect(outcomeOf({ status: 'error', attributes: { 'db.system': system, 'db.response.status_code': code } })).toBe(
        outcome,
      )
      const renamed = { postgresql: 'postgresql', mssql: 'microsoft.sql_server', oracle: 'oracle.db' }[system] ?? system
      expect(
        outcomeOf({ status: 'error', attributes: { 'db.system.name': renamed, 'db.response.status_code': code } }),
      ).toBe(outcome)
    })
  })

  test('the error type carries the code where no status does', () => {
    expect(outcomeOf({ attributes: { 'db.system.name': 'postgresql', 'error.type': '53300' } })).toBe('throttled')
    expect(outcomeOf({ attributes: { 'db.system.name': 'mysql', 'error.type': '1045' } })).toBe('auth')
  })
  test('a code on a span that did not fail decides nothing', () => {
    expect(outcomeOf({ attributes: { 'db.system.name': 'mysql', 'db.response.status_code': '1045' } })).toBe('ok')
  })
  test('an error number of the client is no Redis reply', () => {
    for (const type of ['ECONNREFUSED', 'ENOTFOUND', 'EPIPE', 'ECONNRESET'])
      expect(outcomeOf({ attributes: { 'db.system': 'redis', 'error.type': type } })).toBe('connection')
  })
  test('a Redis client’s own error type leaves the prefix to the message', () => {
    const reply = (statusMessage: string) =>
      outcomeOf({ status: 'error', statusMessage, attributes: { 'db.system': 'redis', 'error.type': 'ReplyError' } })
    expect(reply('NOAUTH Authentication required.')).toBe('auth')
    expect(reply('ReplyError: LOADING Redis is loading the dataset in memory')).toBe('server_error')
  })
  test('an exception type of a database client goes on to the type rules', () => {
    expect(
      outcomeOf({
        status: 'error',
        attributes: { 'db.system': 'postgresql' },
        exception: { type: 'java.net.SocketTimeoutException' },
      }),
    ).toBe('timeout')
  })
  test('a syntax error of a database is not a schema mismatch', () => {
    expect(outcomeOf({ attributes: { 'db.system': 'sqlite', 'error.type': 'SyntaxError' } })).toBe('client_error')
    expect(
      outcomeOf({ status: 'error', statusMessage: 'unexpected token', attributes: { 'db.system': 'sqlite' } }),
    ).toBe('unknown_error')
  })
})

describe('messaging code', () => {
  const CODES = rows({
    'REQUEST_TIMED_OUT com.microsoft:timeout': 'timeout',
    'TOPIC_AUTHORIZATION_FAILED GROUP_AUTHORIZATION_FAILED SASL_AUTHENTICATION_FAILED ACCESS_REFUSED amqp:unauthorized-access':
      'auth',
    'org.apache.kafka.common.errors.TopicAuthorizationException': 'auth',
    'THROTTLING_QUOTA_EXCEEDED amqp:resource-limit-exceeded com.microsoft:server-busy': 'throttled',
    'NETWORK_EXCEPTION CONNECTION_FORCED': 'connection',
    'NOT_LEADER_OR_FOLLOWER NOT_LEADER_FOR_PARTITION LEADER_NOT_AVAILABLE NOT_ENOUGH_REPLICAS': 'server_error',
    'NOT_ENOUGH_REPLICAS_AFTER_APPEND BROKER_NOT_AVAILABLE COORDINATOR_LOAD_IN_PROGRESS COORDINATOR_NOT_AVAILABLE':
      'server_error',
    'KAFKA_STORAGE_ERROR UNKNOWN_SERVER_ERROR INTERNAL_ERROR RESOURCE_ERROR amqp:internal-error': 'server_error',
    'org.apache.kafka.common.errors.NotLeaderOrFollowerException': 'server_error',
    'MESSAGE_TOO_LARGE RECORD_LIST_TOO_LARGE UNKNOWN_TOPIC_OR_PARTITION UNKNOWN_TOPIC_ID': 'client_error',
    'INVALID_TOPIC_EXCEPTION CORRUPT_MESSAGE NOT_FOUND PRECONDITION_FAILED RESOURCE_LOCKED NO_ROUTE': 'client_error',
    'java.net.ConnectException': 'connection',
    SomethingElse: 'unknown_error',
  })
  test.each(CODES)('%s → %s', (type, outcome) => {
    expect(
      outcomeOf({ kind: 'producer', status: 'error', attributes: { 'messaging.system': 'kafka', 'error.type': type } }),
    ).toBe(outcome)
  })
})

describe('type name', () => {
  const TYPES = rows({
    'TimeoutError ReadTimeout requests.exceptions.ConnectTimeout asyncio.TimeoutError socket.timeout TimedOutException':
      'timeout',
    'ETIMEDOUT ESOCKETTIMEDOUT java.net.SocketTimeoutException context.deadlineExceededError UND_ERR_CONNECT_TIMEOUT':
      'timeout',
    'AbortError asyncio.CancelledError CanceledError System.OperationCanceledException CancellationException':
      'cancelled',
    'java.lang.InterruptedException ERR_CANCELED': 'cancelled',
    'ECONNREFUSED ECONNRESET ECONNABORTED EHOSTUNREACH EHOSTDOWN ENETUNREACH EPIPE ENOTFOUND EAI_AGAIN UND_ERR_SOCKET':
      'connection',
    'ConnectionRefusedError ConnectionResetError ConnectionClosed ConnectionAbortedError requests.exceptions.ConnectionError':
      'connection',
    'java.net.ConnectException httpx.ConnectError ConnectionException openai.APIConnectionError ConnectFailed':
      'connection',
    'java.net.UnknownHostException name_resolution_error System.Net.Sockets.SocketException': 'connection',
    'requests.exceptions.SSLError javax.net.ssl.SSLHandshakeException TLSError tls.RecordHeaderError CertificateException':
      'connection',
    'x509.UnknownAuthorityError *tls.CertificateVerificationError OpenSSL::SSL::SSLError': 'connection',
    'BrokenPipeError ClosedChannelException org.apache.http.NoHttpResponseException ProtocolError http_protocol_error':
      'connection',
    'http.client.RemoteDisconnected ChunkedEncodingError IncompleteRead io.EOF EOFError java.io.EOFException':
      'connection',
    '*net.OpError response_ended invalid_response proxy_tunnel_error connection_error secure_connection_error':
      'connection',
    'com.google.gson.JsonParseException json.decoder.JSONDecodeError Newtonsoft.Json.JsonReaderException ZodError':
      'schema',
    'SyntaxError pydantic_core.ValidationError ConstraintValidationException SerializationException': 'schema',
    'DeserializationException json.UnmarshalTypeError UnicodeDecodeError DecodingError ParseException ParseError':
      'schema',
    'MalformedJsonException SchemaMismatch com.fasterxml.jackson.databind.exc.MismatchedInputException': 'schema',
    'JSONRPCError JsonRpcException TypeOfError LoopError ServiceNetworkException _OTHER RuntimeException':
      'unknown_error',
    'requests.exceptions.InvalidSchema requests.exceptions.MissingSchema': 'unknown_error',
  })
  test.each(TYPES)('%s → %s', (type, outcome) => {
    expect(outcomeOf({ attributes: { 'peer.service': 'pay', 'error.type': type } })).toBe(outcome)
    const exception = { type, message: 'no hint' }
    expect(outcomeOf({ status: 'error', attributes: { 'peer.service': 'pay' }, exception })).toBe(outcome)
  })

  test('a library’s package name decides nothing', () => {
    expect(
      outcomeOf({ attributes: { 'peer.service': 'pay', 'error.type': 'com.acme.timeout.json.WeirdException' } }),
    ).toBe('unknown_error')
  })

  test('each candidate in turn: error.type is asked before the exception', () => {
    const attributes = { 'peer.service': 'pay', 'error.type': 'ECONNRESET' }
    expect(outcomeOf({ status: 'error', attributes, exception: { type: 'TimeoutError' } })).toBe('connection')
  })

  test('a type is asked before any message', () => {
    const attributes = { 'peer.service': 'pay', 'error.type': 'ECONNRESET' }
    expect(outcomeOf({ status: 'error', attributes, statusMessage: 'operation timed out' })).toBe('connection')
  })

  test('a cancellation becomes a timeout where a message says so', () => {
    const cancelled = {
      status: 'error',
      attributes: { 'peer.service': 'pay', 'error.type': 'TaskCanceledException' },
    } as const
    expect(outcomeOf(cancelled)).toBe('cancelled')
    expect(outcomeOf({ ...cancelled, exception: { message: 'HttpClient.Timeout of 10 seconds elapsing' } })).toBe(
      'timeout',
    )
  })
})

describe('message', () => {
  const MESSAGES: [string, Outcome][] = [
    ['Read timed out', 'timeout'],
    ['i/o timeout', 'timeout'],
    ['Get "http://pay": context deadline exceeded', 'timeout'],
    ['context canceled', 'cancelled'],
    ['The operation was aborted', 'cancelled'],
    ['connect: connection refused', 'connection'],
    ['read: connection reset by peer', 'connection'],
    ['Connection closed', 'connection'],
    ['connection error: desc', 'connection'],
    ['lookup pay.example: no such host', 'connection'],
    ['Temporary failure in name resolution', 'connection'],
    ['getaddrinfo ENOTFOUND pay.example', 'connection'],
    ['socket hang up', 'connection'],
    ['fetch failed', 'connection'],
    ['TypeError: Failed to fetch', 'connection'],
    ['NetworkError when attempting to fetch resource.', 'connection'],
    ['Load failed', 'connection'],
    ['write: broken pipe', 'connection'],
    ['unexpected EOF', 'connection'],
    ['failed to connect to all addresses', 'connection'],
    ['no connection established', 'connection'],
    ['transport is closing', 'connection'],
    ['upstream connect error or disconnect/reset before headers', 'connection'],
    ['Unexpected token < in JSON at position 0', 'schema'],
    ['invalid JSON response body', 'schema'],
    ['failed to parse response', 'schema'],
    ['Failed to decode body', 'schema'],
    ['something odd', 'unknown_error'],
  ]
  test.each(MESSAGES)('"%s" → %s', (message, outcome) => {
    const attributes = { 'peer.service': 'pay' }
    expect(outcomeOf({ status: 'error', statusMessage: message, attributes })).toBe(outcome)
    expect(outcomeOf({ status: 'error', attributes, exception: { type: 'Error', message } })).toBe(outcome)
  })

  test('says nothing on a span that did not fail', () => {
    expect(outcomeOf({ statusMessage: 'timed out', attributes: { 'peer.service': 'pay' } })).toBe('ok')
  })
})
