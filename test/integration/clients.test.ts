import { describe, expect, test } from 'vitest'
import type { Outcome } from '../../integration/outcome.ts'
import type { SpanOptions } from './span.ts'
import { call } from './span.ts'

/**
 * What clients of each language report when a call fails: class or code, and message, as their instrumentation records them.
 * Sources: the clients' own source and documentation. Types that are only a Go wrapper are left out, as their status is.
 */
type Failure = readonly [type: string, message: string, outcome: Outcome]

const HTTP = { 'http.request.method': 'GET', 'server.address': 'api.example', 'url.full': 'https://api.example/v1/x' }

/** As the error type, as the exception alone, and as old instrumentation has it: the message alone where the type says nothing. */
function outcomesOf(attributes: NonNullable<SpanOptions['attributes']>, [type, message]: Failure): Outcome[] {
  const exception = { ...(type === '' ? {} : { type }), message }
  const failed = { status: 'error', statusMessage: message } as const
  const typed = type === '' ? attributes : { ...attributes, 'error.type': type }
  return [
    call({ ...failed, attributes: typed, exception }).outcome,
    call({ status: 'error', attributes, exception }).outcome,
  ]
}

const HTTP_CLIENTS: Record<string, readonly Failure[]> = {
  'Python requests and urllib3': [
    [
      'requests.exceptions.ReadTimeout',
      "HTTPSConnectionPool(host='api.example', port=443): Read timed out. (read timeout=5)",
      'timeout',
    ],
    [
      'requests.exceptions.ConnectTimeout',
      'Max retries exceeded with url: / (Caused by ConnectTimeoutError)',
      'timeout',
    ],
    [
      'ConnectionError',
      "('Connection aborted.', RemoteDisconnected('Remote end closed connection without response'))",
      'connection',
    ],
    ['urllib3.exceptions.MaxRetryError', 'Max retries exceeded with url: /v1/x', 'connection'],
    [
      'urllib3.exceptions.MaxRetryError',
      "Max retries exceeded with url: /v1/x (Caused by ReadTimeoutError('Read timed out.'))",
      'timeout',
    ],
    [
      'urllib3.exceptions.NewConnectionError',
      'Failed to establish a new connection: [Errno 111] Connection refused',
      'connection',
    ],
    ['urllib3.exceptions.NameResolutionError', 'Failed to resolve', 'connection'],
    ['requests.exceptions.SSLError', 'certificate verify failed: unable to get local issuer certificate', 'connection'],
    ['requests.exceptions.ProxyError', 'Cannot connect to proxy.', 'connection'],
    [
      'requests.exceptions.HTTPError',
      '503 Server Error: Service Unavailable for url: https://api.example/v1/x',
      'server_error',
    ],
    [
      'requests.exceptions.HTTPError',
      '429 Client Error: Too Many Requests for url: https://api.example/v1/x',
      'throttled',
    ],
    ['requests.exceptions.JSONDecodeError', 'Expecting value: line 1 column 1 (char 0)', 'schema'],
    ['requests.exceptions.InvalidURL', 'Invalid URL', 'client_error'],
  ],
  'Python aiohttp': [
    [
      'ClientConnectorError',
      "Cannot connect to host api.example:443 ssl:default [Connect call failed ('192.0.2.7', 443)]",
      'connection',
    ],
    [
      'aiohttp.client_exceptions.ClientConnectorDNSError',
      'Cannot connect to host api.example:443 ssl:default [Name or service not known]',
      'connection',
    ],
    [
      'ClientConnectorCertificateError',
      'Cannot connect to host api.example:443 ssl:True [SSLCertVerificationError]',
      'connection',
    ],
    ['ServerDisconnectedError', 'Server disconnected', 'connection'],
    ['ClientOSError', '[Errno 104] Connection reset by peer', 'connection'],
    ['ClientPayloadError', 'Response payload is not completed', 'connection'],
    ['ServerTimeoutError', 'Timeout on reading data from socket', 'timeout'],
    ['asyncio.TimeoutError', '', 'timeout'],
    ['ContentTypeError', "200, message='Attempt to decode JSON with unexpected mimetype: text/html'", 'schema'],
    ['ClientResponseError', "404, message='Not Found', url=URL('https://api.example/v1/x')", 'client_error'],
    ['ClientResponseError', "502, message='Bad Gateway', url=URL('https://api.example/v1/x')", 'server_error'],
  ],
  'Python httpx and httpcore': [
    ['httpx.ConnectError', '[Errno -2] Name or service not known', 'connection'],
    ['httpx.ReadError', '', 'connection'],
    ['httpx.RemoteProtocolError', 'Server disconnected without sending a response.', 'connection'],
    ['httpx.ReadTimeout', '', 'timeout'],
    ['httpx.PoolTimeout', '', 'timeout'],
    ['httpx.HTTPStatusError', "Client error '404 Not Found' for url 'https://api.example/v1/x'", 'client_error'],
    [
      'httpx.HTTPStatusError',
      "Server error '503 Service Unavailable' for url 'https://api.example/v1/x'",
      'server_error',
    ],
    ['httpx.UnsupportedProtocol', "Request URL is missing an 'http://' or 'https://' protocol.", 'client_error'],
    ['httpx.DecodingError', 'Error -3 while decompressing', 'schema'],
  ],
  'Python standard library': [
    ['socket.gaierror', '[Errno -2] Name or service not known', 'connection'],
    ['urllib.error.URLError', '<urlopen error [Errno 111] Connection refused>', 'connection'],
    ['http.client.BadStatusLine', '', 'connection'],
    ['OSError', '[Errno 101] Network is unreachable', 'connection'],
    ['ssl.SSLCertVerificationError', 'certificate verify failed: certificate has expired', 'connection'],
  ],
  'Java: JDK': [
    ['java.net.http.HttpTimeoutException', 'request timed out', 'timeout'],
    ['java.net.http.HttpConnectTimeoutException', 'HTTP connect timed out', 'timeout'],
    ['java.net.ConnectException', '', 'connection'],
    ['java.net.NoRouteToHostException', 'No route to host', 'connection'],
    ['java.net.SocketException', 'Connection reset', 'connection'],
    ['java.io.IOException', 'HTTP/1.1 header parser received no bytes', 'connection'],
    ['java.io.IOException', '/192.0.2.7:443: GOAWAY received', 'connection'],
    ['java.nio.channels.UnresolvedAddressException', '', 'connection'],
    [
      'sun.security.validator.ValidatorException',
      'PKIX path building failed: unable to find valid certification path to requested target',
      'connection',
    ],
    ['javax.net.ssl.SSLHandshakeException', 'Received fatal alert: handshake_failure', 'connection'],
    [
      'java.io.IOException',
      'Server returned HTTP response code: 503 for URL: https://api.example/v1/x',
      'server_error',
    ],
  ],
  'Java: OkHttp and Retrofit': [
    ['java.io.InterruptedIOException', 'timeout', 'timeout'],
    ['java.io.IOException', 'Canceled', 'cancelled'],
    ['java.io.IOException', 'unexpected end of stream on https://api.example/...', 'connection'],
    ['okhttp3.internal.http2.StreamResetException', 'stream was reset: REFUSED_STREAM', 'connection'],
    ['okhttp3.internal.http2.ConnectionShutdownException', '', 'connection'],
    ['java.io.EOFException', '\\n not found: limit=0 content=…', 'connection'],
    ['retrofit2.HttpException', 'HTTP 503 Service Unavailable', 'server_error'],
  ],
  'Java: Apache HttpClient 4 and 5': [
    ['org.apache.http.conn.ConnectTimeoutException', 'Connect to api.example:443 failed: connect timed out', 'timeout'],
    ['org.apache.http.conn.ConnectionPoolTimeoutException', 'Timeout waiting for connection from pool', 'timeout'],
    ['org.apache.hc.core5.http.ConnectionRequestTimeoutException', 'Timeout deadline: 180000 MILLISECONDS', 'timeout'],
    [
      'org.apache.http.conn.HttpHostConnectException',
      'Connect to api.example:443 failed: Connection refused',
      'connection',
    ],
    ['org.apache.http.NoHttpResponseException', 'api.example:443 failed to respond', 'connection'],
    ['org.apache.hc.core5.http.ConnectionClosedException', 'Connection closed by peer', 'connection'],
    ['org.apache.hc.core5.http2.H2StreamResetException', 'Stream reset', 'connection'],
  ],
  'Java: reactor-netty and Spring': [
    [
      'reactor.netty.http.client.PrematureCloseException',
      'Connection prematurely closed BEFORE response',
      'connection',
    ],
    ['reactor.netty.channel.AbortedException', 'Connection has been closed BEFORE send operation', 'connection'],
    [
      'io.netty.channel.AbstractChannel$AnnotatedConnectException',
      'finishConnect(..) failed: Connection refused',
      'connection',
    ],
    [
      'io.netty.channel.unix.Errors$NativeIoException',
      'recvAddress(..) failed: Connection reset by peer',
      'connection',
    ],
    ['io.netty.channel.StacklessClosedChannelException', '', 'connection'],
    ['io.netty.handler.timeout.ReadTimeoutException', '', 'timeout'],
    ['io.netty.channel.ConnectTimeoutException', 'connection timed out after 30000 ms', 'timeout'],
    [
      'reactor.netty.internal.shaded.reactor.pool.PoolAcquireTimeoutException',
      'Pool#acquire(Duration) has been pending for more than the configured timeout of 45000ms',
      'timeout',
    ],
    [
      'reactor.netty.internal.shaded.reactor.pool.PoolAcquirePendingLimitException',
      'Pending acquire queue has reached its maximum size of 1000',
      'timeout',
    ],
    [
      'io.netty.handler.codec.DecoderException',
      'javax.net.ssl.SSLHandshakeException: PKIX path building failed',
      'connection',
    ],
    [
      'org.springframework.web.reactive.function.client.WebClientRequestException',
      'Connection refused: api.example/192.0.2.7:443',
      'connection',
    ],
    [
      'org.springframework.web.reactive.function.client.WebClientRequestException',
      'nested exception is io.netty.handler.timeout.ReadTimeoutException',
      'timeout',
    ],
    [
      'org.springframework.web.client.ResourceAccessException',
      'I/O error on GET request for "https://api.example/v1/x": Read timed out',
      'timeout',
    ],
    [
      'org.springframework.web.client.ResourceAccessException',
      'I/O error on GET request for "https://api.example/v1/x": null',
      'connection',
    ],
    [
      'org.springframework.web.client.HttpServerErrorException$ServiceUnavailable',
      '503 Service Unavailable: [no body]',
      'server_error',
    ],
    ['org.springframework.web.client.HttpClientErrorException$NotFound', '404 Not Found: [no body]', 'client_error'],
    [
      'org.springframework.web.reactive.function.client.WebClientResponseException$BadGateway',
      '502 Bad Gateway from GET https://api.example/v1/x',
      'server_error',
    ],
    ['feign.RetryableException', 'Connection refused executing GET https://api.example/v1/x', 'connection'],
    ['feign.RetryableException', 'Read timed out executing GET https://api.example/v1/x', 'timeout'],
    [
      'feign.FeignException$ServiceUnavailable',
      '[503 Service Unavailable] during [GET] to [https://api.example/v1/x]',
      'server_error',
    ],
    ['java.lang.IllegalStateException', 'No instances available for orders', 'connection'],
  ],
  '.NET': [
    ['System.Net.Http.HttpRequestException', 'Connection refused (api.example:443)', 'connection'],
    ['System.Net.Http.HttpRequestException', 'No such host is known. (api.example:443)', 'connection'],
    [
      'System.Net.Http.HttpRequestException',
      'The SSL connection could not be established, see inner exception.',
      'connection',
    ],
    ['System.Net.Http.HttpRequestException', 'An error occurred while sending the request.', 'connection'],
    [
      'System.Net.Http.HttpRequestException',
      'Response status code does not indicate success: 503 (Service Unavailable).',
      'server_error',
    ],
    [
      'System.Threading.Tasks.TaskCanceledException',
      'The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing.',
      'timeout',
    ],
    ['System.Threading.Tasks.TaskCanceledException', 'A task was canceled.', 'timeout'],
    ['System.Threading.Tasks.TaskCanceledException', '', 'timeout'],
    ['System.OperationCanceledException', 'The operation was canceled.', 'cancelled'],
    ['System.Net.WebException', 'The operation has timed out.', 'timeout'],
    ['System.Net.WebException', "The remote name could not be resolved: 'api.example'", 'connection'],
    ['System.Net.WebException', 'The request was aborted: Could not create SSL/TLS secure channel.', 'connection'],
    ['System.IO.IOException', 'The response ended prematurely.', 'connection'],
    [
      'System.IO.IOException',
      'Unable to write data to the transport connection: An established connection was aborted by the software in your host machine.',
      'connection',
    ],
    [
      'System.Net.Sockets.SocketException',
      'An existing connection was forcibly closed by the remote host.',
      'connection',
    ],
    [
      'System.Security.Authentication.AuthenticationException',
      'The remote certificate is invalid according to the validation procedure.',
      'connection',
    ],
    ['version_negotiation_error', '', 'connection'],
    [
      'Polly.Timeout.TimeoutRejectedException',
      'The delegate executed asynchronously through TimeoutPolicy did not complete within the timeout.',
      'timeout',
    ],
    [
      'Polly.RateLimiting.RateLimiterRejectedException',
      'The operation could not be executed because it was rejected by the rate limiter.',
      'throttled',
    ],
    [
      'Polly.Bulkhead.BulkheadRejectedException',
      'The bulkhead semaphore and queue are full and execution was rejected.',
      'circuit_open',
    ],
    ['System.Text.Json.JsonException', "'<' is an invalid start of a value.", 'schema'],
  ],
  'Go net/http': [
    ['*errors.errorString', 'net/http: request canceled', 'timeout'],
    [
      '',
      'net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
      'timeout',
    ],
    [
      '*url.Error',
      'Get "https://api.example/v1/x": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
      'timeout',
    ],
    ['*url.Error', 'Get "https://api.example/v1/x": context canceled', 'cancelled'],
    ['*http.httpError', 'net/http: timeout awaiting response headers', 'timeout'],
    ['', 'net/http: TLS handshake timeout', 'timeout'],
    ['', 'Post "https://api.example/v1/x": EOF', 'connection'],
    ['*errors.errorString', 'http: server closed idle connection', 'connection'],
    ['', 'http2: server sent GOAWAY and closed the connection; LastStreamID=1, ErrCode=NO_ERROR', 'connection'],
    ['', 'http2: client connection lost', 'connection'],
    ['', 'stream error: stream ID 3; REFUSED_STREAM', 'connection'],
    ['', 'dial tcp: lookup api.example on 10.0.0.2:53: server misbehaving', 'connection'],
    ['*net.DNSError', 'lookup api.example: no such host', 'connection'],
    ['', 'dial tcp 192.0.2.7:443: connect: network is unreachable', 'connection'],
    ['', 'read tcp 192.0.2.1:5000->192.0.2.7:443: use of closed network connection', 'connection'],
    [
      '',
      'read tcp 192.0.2.1:5000->192.0.2.7:443: wsarecv: An established connection was aborted by the software in your host machine.',
      'connection',
    ],
    ['', 'tls: failed to verify certificate: x509: certificate signed by unknown authority', 'connection'],
    ['x509.HostnameError', 'certificate is valid for a.example, not api.example', 'connection'],
    ['', 'http: server gave HTTP response to HTTPS client', 'connection'],
    ['', 'net/http: HTTP/1.x transport connection broken: malformed HTTP response "\\x15"', 'connection'],
    ['*json.SyntaxError', "invalid character '<' looking for beginning of value", 'schema'],
    ['*errors.errorString', 'circuit breaker is open', 'circuit_open'],
    ['*errors.errorString', 'hystrix: circuit open', 'circuit_open'],
    ['*errors.errorString', 'unexpected status code: 502', 'server_error'],
  ],
  'Node: fetch and undici': [
    ['TypeError', 'fetch failed', 'connection'],
    ['UND_ERR_SOCKET', 'other side closed', 'connection'],
    ['UND_ERR_HEADERS_TIMEOUT', 'Headers Timeout Error', 'timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'Connect Timeout Error', 'timeout'],
    ['UND_ERR_CLOSED', 'The client is closed', 'connection'],
    ['AbortError', 'This operation was aborted', 'cancelled'],
    ['TimeoutError', 'The operation was aborted due to timeout', 'timeout'],
  ],
  'Node: axios': [
    ['ECONNABORTED', 'timeout of 500ms exceeded', 'timeout'],
    ['ETIMEDOUT', 'timeout of 500ms exceeded', 'timeout'],
    ['ECONNABORTED', 'Request aborted', 'cancelled'],
    ['ERR_NETWORK', 'Network Error', 'connection'],
    ['ERR_CANCELED', 'canceled', 'timeout'],
    ['CanceledError', 'canceled', 'timeout'],
    ['CanceledError', 'canceled by the user', 'cancelled'],
    ['ERR_BAD_RESPONSE', 'Request failed with status code 503', 'server_error'],
    ['ERR_BAD_REQUEST', 'Request failed with status code 404', 'client_error'],
    ['ERR_BAD_REQUEST', 'Request failed with status code 401', 'auth'],
  ],
  'Node: http, got, node-fetch, superagent': [
    ['ECONNRESET', 'socket hang up', 'connection'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND api.example', 'connection'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'connection'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'connection'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', 'connection'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", 'connection'],
    ['EPROTO', 'write EPROTO 140:error:1408F10B:SSL routines:ssl3_get_record:wrong version number', 'connection'],
    ['HPE_INVALID_CONSTANT', 'Parse Error: Expected HTTP/', 'connection'],
    ['ERR_HTTP2_GOAWAY_SESSION', 'New streams cannot be created after receiving a GOAWAY', 'connection'],
    ['ERR_STREAM_PREMATURE_CLOSE', 'Premature close', 'connection'],
    [
      'FetchError',
      'request to https://api.example/v1/x failed, reason: connect ECONNREFUSED 192.0.2.7:443',
      'connection',
    ],
    ['RequestError', 'connect EHOSTUNREACH 192.0.2.7:443', 'connection'],
    ['HTTPError', 'Response code 503 (Service Unavailable)', 'server_error'],
    ['ECONNABORTED', 'Timeout of 500ms exceeded', 'timeout'],
    ['ETIME', 'Response timeout of 500ms', 'timeout'],
    ['EOPENBREAKER', 'Breaker is open', 'circuit_open'],
    ['ESEMLOCKED', 'Semaphore locked', 'circuit_open'],
  ],
  Ruby: [
    ['Errno::ECONNREFUSED', 'Failed to open TCP connection to api.example:443 (Connection refused)', 'connection'],
    [
      'SocketError',
      'Failed to open TCP connection to api.example:443 (getaddrinfo: Name or service not known)',
      'connection',
    ],
    ['Socket::ResolutionError', 'getaddrinfo: Name or service not known', 'connection'],
    ['Net::OpenTimeout', 'execution expired', 'timeout'],
    ['Net::ReadTimeout', 'Net::ReadTimeout', 'timeout'],
    ['EOFError', 'end of file reached', 'connection'],
    ['OpenSSL::SSL::SSLError', 'SSL_connect returned=1 errno=0 state=error: certificate verify failed', 'connection'],
    ['Faraday::ConnectionFailed', 'Failed to open TCP connection', 'connection'],
    ['Faraday::SSLError', 'SSL_connect', 'connection'],
    ['Faraday::TimeoutError', 'timeout', 'timeout'],
    ['Faraday::TooManyRequestsError', 'the server responded with status 429', 'throttled'],
    ['Faraday::ServerError', 'the server responded with status 503', 'server_error'],
    ['Faraday::ResourceNotFound', 'the server responded with status 404', 'client_error'],
    ['Faraday::NilStatusError', 'http status could not be derived from the server response', 'connection'],
    ['Stoplight::Error::RedLight', 'pay', 'circuit_open'],
    ['Semian::OpenCircuitError', '', 'circuit_open'],
  ],
  PHP: [
    [
      'GuzzleHttp\\Exception\\ConnectException',
      'cURL error 28: Operation timed out after 2001 milliseconds with 0 bytes received',
      'timeout',
    ],
    [
      'GuzzleHttp\\Exception\\ConnectException',
      'cURL error 7: Failed to connect to api.example port 443: Connection refused',
      'connection',
    ],
    ['GuzzleHttp\\Exception\\ConnectException', 'cURL error 6: Could not resolve host: api.example', 'connection'],
    [
      'GuzzleHttp\\Exception\\RequestException',
      'cURL error 60: SSL certificate problem: certificate has expired',
      'connection',
    ],
    ['GuzzleHttp\\Exception\\RequestException', 'cURL error 52: Empty reply from server', 'connection'],
    ['GuzzleHttp\\Exception\\RequestException', 'cURL error 56: Recv failure: Connection reset by peer', 'connection'],
    [
      'GuzzleHttp\\Exception\\ClientException',
      'Client error: `GET https://api.example/v1/x` resulted in a `404 Not Found` response',
      'client_error',
    ],
    [
      'GuzzleHttp\\Exception\\ServerException',
      'Server error: `GET https://api.example/v1/x` resulted in a `503 Service Unavailable` response',
      'server_error',
    ],
    [
      'Symfony\\Component\\HttpClient\\Exception\\TransportException',
      'Idle timeout reached for "https://api.example/v1/x".',
      'timeout',
    ],
    [
      'Symfony\\Component\\HttpClient\\Exception\\TransportException',
      'Could not resolve host: api.example',
      'connection',
    ],
    [
      'Symfony\\Component\\HttpClient\\Exception\\ServerException',
      'HTTP/1.1 503 Service Unavailable returned for "https://api.example/v1/x".',
      'server_error',
    ],
  ],
  Elixir: [
    ['Mint.TransportError', 'connection refused', 'connection'],
    ['Mint.TransportError', 'timeout', 'timeout'],
    ['Mint.TransportError', 'non-existing domain', 'connection'],
    ['Mint.TransportError', 'socket closed', 'connection'],
    ['Finch.TransportError', 'connection refused', 'connection'],
    [
      'RuntimeError',
      'Finch was unable to provide a connection within the timeout due to excess queuing for connections.',
      'timeout',
    ],
    ['Tesla.Error', ':econnrefused', 'connection'],
    ['Tesla.Error', ':timeout', 'timeout'],
    [':nxdomain', '', 'connection'],
    ['Jason.DecodeError', 'unexpected byte at position 0: 0x3C ("<")', 'schema'],
  ],
  Rust: [
    ['reqwest::Error', 'error sending request for url (https://api.example/v1/x)', 'connection'],
    ['reqwest::Error', 'error sending request for url (https://api.example/v1/x): operation timed out', 'timeout'],
    [
      'reqwest::Error',
      'error trying to connect: dns error: failed to lookup address information: Name or service not known',
      'connection',
    ],
    ['hyper::Error', 'connection closed before message completed', 'connection'],
    ['hyper::Error', 'channel closed', 'connection'],
    [
      'reqwest::Error',
      'HTTP status server error (503 Service Unavailable) for url (https://api.example/v1/x)',
      'server_error',
    ],
    ['reqwest::Error', 'error decoding response body: expected value at line 1 column 1', 'schema'],
  ],
  'browsers and curl': [
    ['TypeError', 'Failed to fetch', 'connection'],
    ['TypeError', 'NetworkError when attempting to fetch resource.', 'connection'],
    ['TypeError', 'Load failed', 'connection'],
    ['AbortError', 'The user aborted a request.', 'cancelled'],
    ['', "Couldn't connect to server", 'connection'],
    ['', 'Timeout was reached', 'timeout'],
    ['', 'SSL peer certificate or SSH remote key was not OK', 'connection'],
  ],
  'Java breakers': [
    [
      'io.github.resilience4j.circuitbreaker.CallNotPermittedException',
      "CircuitBreaker 'pay' is OPEN and does not permit further calls",
      'circuit_open',
    ],
    [
      'io.github.resilience4j.bulkhead.BulkheadFullException',
      "Bulkhead 'pay' is full and does not permit further calls",
      'circuit_open',
    ],
    [
      'io.github.resilience4j.ratelimiter.RequestNotPermitted',
      "RateLimiter 'pay' does not permit further calls",
      'throttled',
    ],
    [
      'com.netflix.hystrix.exception.HystrixRuntimeException',
      'Pay short-circuited and fallback failed.',
      'circuit_open',
    ],
    [
      'com.netflix.hystrix.exception.HystrixRuntimeException',
      'Pay could not acquire a semaphore for execution and fallback failed.',
      'circuit_open',
    ],
    ['com.netflix.hystrix.exception.HystrixRuntimeException', 'Pay timed-out and fallback failed.', 'timeout'],
    ['com.alibaba.csp.sentinel.slots.block.degrade.DegradeException', '', 'circuit_open'],
    ['com.alibaba.csp.sentinel.slots.block.flow.FlowException', '', 'throttled'],
  ],
}

describe.each(Object.entries(HTTP_CLIENTS))('%s', (_, failures) => {
  test.each(failures)('%s "%s" → %s', (...failure) => {
    expect(outcomesOf(HTTP, failure)).toEqual([failure[2], failure[2]])
  })
})

const postgres = { 'db.system.name': 'postgresql', 'db.namespace': 'shop', 'server.address': 'db.internal' }
const mysql = { ...postgres, 'db.system.name': 'mysql' }
const oracle = { ...postgres, 'db.system.name': 'oracle.db' }
const sqlServer = { ...postgres, 'db.system.name': 'microsoft.sql_server' }
const sqlite = { 'db.system.name': 'sqlite', 'db.namespace': 'shop.db' }
const mongodb = { ...postgres, 'db.system.name': 'mongodb' }
const redis = { 'db.system.name': 'redis', 'server.address': 'cache-1' }
const elasticsearch = { 'db.system.name': 'elasticsearch', 'db.namespace': 'logs' }
const cassandra = { ...postgres, 'db.system.name': 'cassandra' }
const clickhouse = { ...postgres, 'db.system.name': 'clickhouse' }
const h2 = { ...postgres, 'db.system.name': 'h2database' }

const DB_CLIENTS: Record<string, [attributes: Record<string, string>, failures: readonly Failure[]]> = {
  'PostgreSQL: psycopg2 and psycopg': [
    postgres,
    [
      [
        'psycopg2.errors.UniqueViolation',
        'duplicate key value violates unique constraint "orders_pkey"',
        'client_error',
      ],
      [
        'psycopg.errors.ForeignKeyViolation',
        'insert or update on table "a" violates foreign key constraint "b"',
        'client_error',
      ],
      ['psycopg.errors.SyntaxError', 'syntax error at or near "SELEC"', 'client_error'],
      ['psycopg2.errors.UndefinedTable', 'relation "ordrs" does not exist', 'client_error'],
      ['psycopg2.errors.UndefinedColumn', 'column "x" does not exist', 'client_error'],
      ['psycopg.errors.InsufficientPrivilege', 'permission denied for table orders', 'auth'],
      [
        'psycopg2.OperationalError',
        'connection to server at "db" (10.0.0.5), port 5432 failed: FATAL:  password authentication failed for user "shop"',
        'auth',
      ],
      [
        'psycopg2.OperationalError',
        'connection to server at "db" (10.0.0.5), port 5432 failed: Connection refused',
        'connection',
      ],
      ['psycopg2.OperationalError', 'server closed the connection unexpectedly', 'connection'],
      ['psycopg.errors.AdminShutdown', 'terminating connection due to administrator command', 'connection'],
      ['psycopg2.OperationalError', 'FATAL:  the database system is starting up', 'connection'],
      ['psycopg2.OperationalError', 'FATAL:  sorry, too many clients already', 'throttled'],
      [
        'psycopg2.OperationalError',
        'FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute',
        'throttled',
      ],
      ['psycopg2.errors.DeadlockDetected', 'deadlock detected', 'client_error'],
      ['psycopg2.errors.SerializationFailure', 'could not serialize access due to concurrent update', 'client_error'],
      ['psycopg2.errors.QueryCanceled', 'canceling statement due to statement timeout', 'timeout'],
      ['psycopg2.errors.QueryCanceled', 'canceling statement due to user request', 'cancelled'],
      ['psycopg2.errors.LockNotAvailable', 'could not obtain lock on row in relation "orders"', 'timeout'],
      ['psycopg2.pool.PoolError', 'connection pool exhausted', 'timeout'],
      ['psycopg_pool.PoolTimeout', "couldn't get a connection after 30.00 sec", 'timeout'],
      ['psycopg2.InterfaceError', 'connection already closed', 'connection'],
      ['psycopg2.errors.DiskFull', 'could not extend file "base/1": No space left on device', 'server_error'],
    ],
  ],
  'PostgreSQL: asyncpg and SQLAlchemy': [
    postgres,
    [
      [
        'asyncpg.exceptions.UniqueViolationError',
        'duplicate key value violates unique constraint "orders_pkey"',
        'client_error',
      ],
      ['asyncpg.exceptions.PostgresSyntaxError', 'syntax error at or near "SELEC"', 'client_error'],
      ['asyncpg.exceptions.InvalidPasswordError', 'password authentication failed for user "shop"', 'auth'],
      ['asyncpg.exceptions.TooManyConnectionsError', 'sorry, too many clients already', 'throttled'],
      [
        'asyncpg.exceptions.ConnectionDoesNotExistError',
        'connection was closed in the middle of operation',
        'connection',
      ],
      ['asyncpg.exceptions.CannotConnectNowError', 'the database system is starting up', 'connection'],
      [
        'sqlalchemy.exc.IntegrityError',
        '(psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "orders_pkey"',
        'client_error',
      ],
      [
        'sqlalchemy.exc.ProgrammingError',
        '(psycopg2.errors.UndefinedTable) relation "ordrs" does not exist',
        'client_error',
      ],
      [
        'sqlalchemy.exc.TimeoutError',
        'QueuePool limit of size 5 overflow 10 reached, connection timed out, timeout 30.00',
        'timeout',
      ],
      [
        'sqlalchemy.exc.OperationalError',
        '(psycopg2.OperationalError) could not connect to server: Connection refused',
        'connection',
      ],
    ],
  ],
  'PostgreSQL: JDBC, R2DBC, Spring, Hikari': [
    postgres,
    [
      [
        'org.postgresql.util.PSQLException',
        'ERROR: duplicate key value violates unique constraint "orders_pkey"',
        'client_error',
      ],
      ['org.postgresql.util.PSQLException', 'ERROR: relation "ordrs" does not exist', 'client_error'],
      ['org.postgresql.util.PSQLException', 'ERROR: permission denied for table orders', 'auth'],
      ['org.postgresql.util.PSQLException', 'FATAL: password authentication failed for user "shop"', 'auth'],
      ['org.postgresql.util.PSQLException', 'FATAL: terminating connection due to administrator command', 'connection'],
      [
        'org.postgresql.util.PSQLException',
        'Connection to db:5432 refused. Check that the hostname and port are correct',
        'connection',
      ],
      ['org.postgresql.util.PSQLException', 'The connection attempt failed.', 'connection'],
      ['org.postgresql.util.PSQLException', 'An I/O error occurred while sending to the backend.', 'connection'],
      ['org.postgresql.util.PSQLException', 'This connection has been closed.', 'connection'],
      ['org.postgresql.util.PSQLException', 'ERROR: canceling statement due to statement timeout', 'timeout'],
      ['org.postgresql.util.PSQLException', 'ERROR: deadlock detected', 'client_error'],
      [
        'java.sql.SQLTransientConnectionException',
        'HikariPool-1 - Connection is not available, request timed out after 30000ms.',
        'timeout',
      ],
      [
        'org.springframework.dao.DuplicateKeyException',
        'PreparedStatementCallback; ERROR: duplicate key value',
        'client_error',
      ],
      ['org.springframework.jdbc.BadSqlGrammarException', 'bad SQL grammar [SELEC 1]', 'client_error'],
      ['org.springframework.jdbc.CannotGetJdbcConnectionException', 'Failed to obtain JDBC Connection', 'connection'],
      [
        'io.r2dbc.postgresql.ExceptionFactory$PostgresqlDataIntegrityViolationException',
        'duplicate key value',
        'client_error',
      ],
    ],
  ],
  'PostgreSQL: pgx, lib/pq, node-postgres, Npgsql, Postgrex, sqlx, PDO, pg': [
    postgres,
    [
      [
        '*pgconn.PgError',
        'ERROR: duplicate key value violates unique constraint "orders_pkey" (SQLSTATE 23505)',
        'client_error',
      ],
      ['*pgconn.PgError', 'FATAL: sorry, too many clients already (SQLSTATE 53300)', 'throttled'],
      ['*pgconn.PgError', 'ERROR: canceling statement due to statement timeout (SQLSTATE 57014)', 'timeout'],
      ['*pgconn.ConnectError', 'failed to connect to `host=db user=shop database=shop`: dial error', 'connection'],
      ['*pq.Error', 'pq: permission denied for table orders', 'auth'],
      ['*pq.Error', 'pq: duplicate key value violates unique constraint "orders_pkey" (23505)', 'client_error'],
      ['*errors.errorString', 'driver: bad connection', 'connection'],
      ['23505', 'duplicate key value violates unique constraint "orders_pkey"', 'client_error'],
      ['57P01', 'terminating connection due to administrator command', 'connection'],
      ['Error', 'timeout exceeded when trying to connect', 'timeout'],
      ['Error', 'Connection terminated unexpectedly', 'connection'],
      [
        'Npgsql.PostgresException',
        '23505: duplicate key value violates unique constraint "orders_pkey"',
        'client_error',
      ],
      ['Npgsql.PostgresException', '42501: permission denied for table orders', 'auth'],
      ['Npgsql.NpgsqlException', 'Exception while reading from stream', 'unknown_error'],
      [
        'Npgsql.NpgsqlException',
        'The connection pool has been exhausted, either raise MaxPoolSize (currently 100) or Timeout (currently 15 seconds)',
        'timeout',
      ],
      ['Npgsql.NpgsqlException', 'Failed to connect to 10.0.0.5:5432', 'connection'],
      [
        'Postgrex.Error',
        'ERROR 23505 (unique_violation) duplicate key value violates unique constraint "orders_pkey"',
        'client_error',
      ],
      ['Postgrex.Error', 'ERROR 42P01 (undefined_table) relation "ordrs" does not exist', 'client_error'],
      [
        'DBConnection.ConnectionError',
        'connection not available and request was dropped from queue after 152ms.',
        'timeout',
      ],
      ['DBConnection.ConnectionError', 'tcp recv: closed', 'connection'],
      [
        'sqlx::Error',
        'error returned from database: duplicate key value violates unique constraint "orders_pkey"',
        'client_error',
      ],
      ['sqlx::Error', 'pool timed out while waiting for an open connection', 'timeout'],
      [
        'PDOException',
        'SQLSTATE[23505]: Unique violation: 7 ERROR:  duplicate key value violates unique constraint "orders_pkey"',
        'client_error',
      ],
      [
        'PDOException',
        'SQLSTATE[08006] [7] connection to server at "db" (10.0.0.5), port 5432 failed: Connection refused',
        'connection',
      ],
      ['PG::UniqueViolation', 'ERROR:  duplicate key value violates unique constraint "orders_pkey"', 'client_error'],
      ['PG::ConnectionBad', 'connection to server at "db" failed: Connection refused', 'connection'],
      ['PG::UnableToSend', 'no connection to the server', 'connection'],
      ['ActiveRecord::RecordNotUnique', 'PG::UniqueViolation: ERROR:  duplicate key value', 'client_error'],
      [
        'ActiveRecord::ConnectionTimeoutError',
        'could not obtain a connection from the pool within 5.000 seconds',
        'timeout',
      ],
      ['ActiveRecord::Deadlocked', 'PG::TRDeadlockDetected: ERROR:  deadlock detected', 'client_error'],
      ['KnexTimeoutError', 'Knex: Timeout acquiring a connection. The pool is probably full.', 'timeout'],
      ['SequelizeConnectionRefusedError', 'connect ECONNREFUSED 10.0.0.5:5432', 'connection'],
      ['SequelizeUniqueConstraintError', 'Validation error', 'client_error'],
      ['PrismaClientKnownRequestError', 'Timed out fetching a new connection from the connection pool.', 'timeout'],
      [
        'Microsoft.EntityFrameworkCore.DbUpdateConcurrencyException',
        'The database operation was expected to affect 1 row(s), but actually affected 0 row(s)',
        'client_error',
      ],
    ],
  ],
  'MySQL: PyMySQL, Connector/J, go-sql-driver, mysql2, PDO, MySqlConnector': [
    mysql,
    [
      ['pymysql.err.IntegrityError', "(1062, \"Duplicate entry '1' for key 'PRIMARY'\")", 'client_error'],
      ['pymysql.err.ProgrammingError', "(1146, \"Table 'shop.ordrs' doesn't exist\")", 'client_error'],
      [
        'pymysql.err.OperationalError',
        "(1045, \"Access denied for user 'shop'@'10.0.0.1' (using password: YES)\")",
        'auth',
      ],
      [
        'pymysql.err.OperationalError',
        "(2003, \"Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)\")",
        'connection',
      ],
      ['pymysql.err.OperationalError', "(2013, 'Lost connection to MySQL server during query')", 'connection'],
      ['pymysql.err.OperationalError', "(1040, 'Too many connections')", 'throttled'],
      ['pymysql.err.OperationalError', "(1205, 'Lock wait timeout exceeded; try restarting transaction')", 'timeout'],
      ['mysql.connector.errors.PoolError', 'Failed getting connection; pool exhausted', 'timeout'],
      ['java.sql.SQLIntegrityConstraintViolationException', "Duplicate entry '1' for key 'PRIMARY'", 'client_error'],
      ['java.sql.SQLSyntaxErrorException', 'You have an error in your SQL syntax; check the manual', 'client_error'],
      ['com.mysql.cj.jdbc.exceptions.CommunicationsException', 'Communications link failure', 'connection'],
      [
        'com.mysql.cj.jdbc.exceptions.MySQLTransactionRollbackException',
        'Deadlock found when trying to get lock; try restarting transaction',
        'client_error',
      ],
      [
        'com.mysql.cj.jdbc.exceptions.MySQLTimeoutException',
        'Statement cancelled due to timeout or client request',
        'timeout',
      ],
      ['java.sql.SQLException', "Access denied for user 'shop'@'10.0.0.1' (using password: YES)", 'auth'],
      ['*mysql.MySQLError', "Error 1062 (23000): Duplicate entry '1' for key 'PRIMARY'", 'client_error'],
      ['*mysql.MySQLError', 'Error 1040: Too many connections', 'throttled'],
      ['*errors.errorString', 'invalid connection', 'connection'],
      ['ER_DUP_ENTRY', "Duplicate entry '1' for key 'PRIMARY'", 'client_error'],
      ['ER_ACCESS_DENIED_ERROR', "Access denied for user 'shop'@'10.0.0.1'", 'auth'],
      ['ER_CON_COUNT_ERROR', 'Too many connections', 'throttled'],
      ['PROTOCOL_CONNECTION_LOST', 'Connection lost: The server closed the connection.', 'connection'],
      ['PROTOCOL_SEQUENCE_TIMEOUT', 'Query inactivity timeout', 'timeout'],
      ['Error', "ER_NO_SUCH_TABLE: Table 'shop.ordrs' doesn't exist", 'client_error'],
      [
        'PDOException',
        "SQLSTATE[23000]: Integrity constraint violation: 1062 Duplicate entry '1' for key 'PRIMARY'",
        'client_error',
      ],
      ['PDOException', 'SQLSTATE[HY000] [2002] Connection refused', 'connection'],
      ['PDOException', 'SQLSTATE[HY000]: General error: 2006 MySQL server has gone away', 'connection'],
      ['MySqlConnector.MySqlException', "Duplicate entry '1' for key 'PRIMARY'", 'client_error'],
      ['MySqlConnector.MySqlException', 'Unable to connect to any of the specified MySQL hosts.', 'connection'],
      ['Mysql2::Error', "Unknown column 'x' in 'field list'", 'client_error'],
      ['Mysql2::Error::ConnectionError', "Can't connect to MySQL server on 'db'", 'connection'],
    ],
  ],
  'SQL Server: SqlClient, JDBC, tedious, pyodbc, go-mssqldb': [
    sqlServer,
    [
      [
        'Microsoft.Data.SqlClient.SqlException',
        "Violation of PRIMARY KEY constraint 'PK_orders'. Cannot insert duplicate key in object 'dbo.orders'.",
        'client_error',
      ],
      ['Microsoft.Data.SqlClient.SqlException', "Incorrect syntax near 'SELEC'.", 'client_error'],
      ['Microsoft.Data.SqlClient.SqlException', "Invalid object name 'dbo.ordrs'.", 'client_error'],
      ['Microsoft.Data.SqlClient.SqlException', "Login failed for user 'shop'.", 'auth'],
      [
        'Microsoft.Data.SqlClient.SqlException',
        "The SELECT permission was denied on the object 'orders', database 'shop', schema 'dbo'.",
        'auth',
      ],
      [
        'Microsoft.Data.SqlClient.SqlException',
        'Execution Timeout Expired.  The timeout period elapsed prior to completion of the operation or the server is not responding.',
        'timeout',
      ],
      [
        'System.InvalidOperationException',
        'Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool.',
        'timeout',
      ],
      [
        'System.Data.SqlClient.SqlException',
        'A network-related or instance-specific error occurred while establishing a connection to SQL Server. (provider: TCP Provider, error: 40 - Could not open a connection to SQL Server)',
        'connection',
      ],
      [
        'System.Data.SqlClient.SqlException',
        'A transport-level error has occurred when receiving results from the server.',
        'connection',
      ],
      [
        'Microsoft.Data.SqlClient.SqlException',
        'Transaction (Process ID 52) was deadlocked on lock resources with another process and has been chosen as the deadlock victim.',
        'client_error',
      ],
      ['com.microsoft.sqlserver.jdbc.SQLServerException', "Login failed for user 'shop'. ClientConnectionId:1", 'auth'],
      [
        'com.microsoft.sqlserver.jdbc.SQLServerException',
        'The TCP/IP connection to the host db, port 1433 has failed.',
        'connection',
      ],
      ['com.microsoft.sqlserver.jdbc.SQLServerException', 'The query has timed out.', 'timeout'],
      ['ELOGIN', "Login failed for user 'shop'.", 'auth'],
      ['ESOCKET', 'Failed to connect to db:1433 - connect ECONNREFUSED 10.0.0.5:1433', 'connection'],
      ['ETIMEOUT', 'Failed to connect to db:1433 in 15000ms', 'timeout'],
      [
        'pyodbc.IntegrityError',
        '(\'23000\', "[23000] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]Violation of UNIQUE KEY constraint (2627) (SQLExecDirectW)")',
        'client_error',
      ],
      [
        'pyodbc.OperationalError',
        "('08001', '[08001] [Microsoft][ODBC Driver 18 for SQL Server]TCP Provider: Error code 0x2746 (10054) (SQLDriverConnect)')",
        'connection',
      ],
      [
        'pyodbc.OperationalError',
        "('HYT00', '[HYT00] [Microsoft][ODBC Driver 18 for SQL Server]Login timeout expired (0) (SQLDriverConnect)')",
        'timeout',
      ],
      ['mssql.Error', "mssql: Login failed for user 'shop'.", 'auth'],
    ],
  ],
  'Oracle: JDBC, python-oracledb, node-oracledb': [
    oracle,
    [
      [
        'java.sql.SQLIntegrityConstraintViolationException',
        'ORA-00001: unique constraint (SHOP.PK) violated',
        'client_error',
      ],
      ['oracledb.exceptions.DatabaseError', 'ORA-01017: invalid username/password; logon denied', 'auth'],
      ['java.sql.SQLRecoverableException', 'ORA-12541: TNS:no listener', 'connection'],
      ['java.sql.SQLException', 'ORA-00942: table or view does not exist', 'client_error'],
      ['java.sql.SQLTimeoutException', 'ORA-01013: user requested cancel of current operation', 'cancelled'],
      ['Error', 'ORA-12519: TNS:no appropriate service handler found', 'throttled'],
    ],
  ],
  'SQLite: sqlite3, better-sqlite3, JDBC': [
    sqlite,
    [
      ['sqlite3.IntegrityError', 'UNIQUE constraint failed: orders.id', 'client_error'],
      ['sqlite3.OperationalError', 'no such table: ordrs', 'client_error'],
      ['sqlite3.OperationalError', 'near "SELEC": syntax error', 'client_error'],
      ['sqlite3.OperationalError', 'database is locked', 'timeout'],
      ['sqlite3.OperationalError', 'attempt to write a readonly database', 'client_error'],
      ['sqlite3.OperationalError', 'disk I/O error', 'server_error'],
      ['SqliteError', 'UNIQUE constraint failed: orders.id', 'client_error'],
      ['SQLITE_BUSY', 'database is locked', 'timeout'],
      ['SQLITE_CONSTRAINT_UNIQUE', 'UNIQUE constraint failed: orders.id', 'client_error'],
      ['org.sqlite.SQLiteException', '[SQLITE_CONSTRAINT_PRIMARYKEY] A PRIMARY KEY constraint failed', 'client_error'],
    ],
  ],
  H2: [
    h2,
    [
      [
        'org.h2.jdbc.JdbcSQLIntegrityConstraintViolationException',
        'Unique index or primary key violation; SQL statement: insert [23505-214]',
        'client_error',
      ],
    ],
  ],
  'MongoDB: Node, PyMongo, Java, Go': [
    mongodb,
    [
      ['11000', 'E11000 duplicate key error collection: shop.orders index: _id_ dup key', 'client_error'],
      ['MongoServerError', 'E11000 duplicate key error collection: shop.orders index: _id_ dup key', 'client_error'],
      ['MongoNetworkError', 'connection 1 to 10.0.0.5:27017 closed', 'connection'],
      ['MongoServerSelectionError', 'connect ECONNREFUSED 10.0.0.5:27017', 'connection'],
      ['MongoServerSelectionError', 'Server selection timed out after 30000 ms', 'timeout'],
      ['MongoNetworkTimeoutError', 'connection timed out', 'timeout'],
      ['pymongo.errors.ServerSelectionTimeoutError', 'db:27017: [Errno 111] Connection refused', 'timeout'],
      ['pymongo.errors.AutoReconnect', 'connection closed', 'connection'],
      ['pymongo.errors.DuplicateKeyError', 'E11000 duplicate key error collection', 'client_error'],
      [
        'pymongo.errors.OperationFailure',
        "not authorized on shop to execute command, full error: {'ok': 0.0, 'code': 13, 'codeName': 'Unauthorized'}",
        'auth',
      ],
      ['pymongo.errors.OperationFailure', "Authentication failed., full error: {'ok': 0.0, 'code': 18}", 'auth'],
      ['com.mongodb.MongoSocketOpenException', 'Exception opening socket', 'connection'],
      [
        'com.mongodb.MongoCommandException',
        "Command failed with error 13 (Unauthorized): 'not authorized on shop' on server db:27017",
        'auth',
      ],
      ['com.mongodb.MongoTimeoutException', 'Timed out while waiting for a server', 'timeout'],
      ['mongo.CommandError', '(Unauthorized) not authorized on shop to execute command', 'auth'],
    ],
  ],
  'Redis: redis-py, Lettuce, Jedis, StackExchange, go-redis, ioredis, Predis': [
    redis,
    [
      ['redis.exceptions.ConnectionError', 'Error 111 connecting to cache-1:6379. Connection refused.', 'connection'],
      ['redis.exceptions.TimeoutError', 'Timeout reading from socket', 'timeout'],
      ['redis.exceptions.AuthenticationError', 'invalid username-password pair or user is disabled.', 'auth'],
      [
        'redis.exceptions.ResponseError',
        'WRONGTYPE Operation against a key holding the wrong kind of value',
        'client_error',
      ],
      ['redis.exceptions.BusyLoadingError', 'Redis is loading the dataset in memory', 'server_error'],
      ['redis.exceptions.ReadOnlyError', "You can't write against a read only replica.", 'server_error'],
      ['io.lettuce.core.RedisCommandTimeoutException', 'Command timed out after 1 second(s)', 'timeout'],
      ['io.lettuce.core.RedisConnectionException', 'Unable to connect to cache-1:6379', 'connection'],
      ['io.lettuce.core.RedisCommandExecutionException', 'NOAUTH Authentication required.', 'auth'],
      [
        'redis.clients.jedis.exceptions.JedisConnectionException',
        'Failed to connect to any host resolved for DNS name.',
        'connection',
      ],
      [
        'redis.clients.jedis.exceptions.JedisExhaustedPoolException',
        'Could not get a resource since the pool is exhausted',
        'timeout',
      ],
      [
        'redis.clients.jedis.exceptions.JedisDataException',
        "OOM command not allowed when used memory > 'maxmemory'.",
        'server_error',
      ],
      ['StackExchange.Redis.RedisTimeoutException', 'Timeout performing GET (5000ms), next: GET x, inst: 0', 'timeout'],
      [
        'StackExchange.Redis.RedisConnectionException',
        'No connection is active/available to service this operation',
        'connection',
      ],
      ['StackExchange.Redis.RedisServerException', 'NOPERM this user has no permissions', 'auth'],
      ['', 'redis: connection pool timeout', 'timeout'],
      ['', 'dial tcp 10.0.0.5:6379: connect: connection refused', 'connection'],
      ['ReplyError', 'LOADING Redis is loading the dataset in memory', 'server_error'],
      ['MaxRetriesPerRequestError', 'Reached the max retries per request limit (which is 20).', 'connection'],
      ['Predis\\Connection\\ConnectionException', 'Connection refused [tcp://cache-1:6379]', 'connection'],
      ['Redis::CannotConnectError', 'Connection refused - connect(2) for 10.0.0.5:6379', 'connection'],
      ['SocketClosedUnexpectedlyError', 'Socket closed unexpectedly', 'connection'],
      ['', 'SSL handshake failed', 'connection'],
    ],
  ],
  'Elasticsearch and OpenSearch': [
    elasticsearch,
    [
      [
        'elasticsearch.NotFoundError',
        "NotFoundError(404, 'index_not_found_exception', 'no such index [x]')",
        'client_error',
      ],
      ['elastic_transport.ConnectionError', 'Connection error caused by: ConnectionError', 'connection'],
      ['elastic_transport.ConnectionTimeout', 'Connection timed out', 'timeout'],
      ['opensearchpy.exceptions.TransportError', "TransportError(429, 'circuit_breaking_exception')", 'throttled'],
      ['ResponseError', 'search_phase_execution_exception: all shards failed', 'server_error'],
    ],
  ],
  Cassandra: [
    cassandra,
    [
      [
        'com.datastax.oss.driver.api.core.AllNodesFailedException',
        'All 3 node(s) tried for the query failed',
        'connection',
      ],
      ['cassandra.cluster.NoHostAvailable', "('Unable to connect to any servers', {})", 'connection'],
      ['cassandra.OperationTimedOut', 'errors={}, last_host=10.0.0.5', 'timeout'],
      [
        'com.datastax.oss.driver.api.core.servererrors.InvalidQueryException',
        'unconfigured table ordrs',
        'client_error',
      ],
      [
        'com.datastax.oss.driver.api.core.servererrors.UnavailableException',
        'Not enough replicas available',
        'server_error',
      ],
    ],
  ],
  ClickHouse: [
    clickhouse,
    [
      ['', "Code: 60. DB::Exception: Table default.ordrs doesn't exist. (UNKNOWN_TABLE)", 'client_error'],
      ['', 'Code: 516. DB::Exception: shop: Authentication failed', 'auth'],
      ['', 'Code: 159. DB::Exception: Timeout exceeded: elapsed 5 seconds', 'timeout'],
      ['', 'Code: 202. DB::Exception: Too many simultaneous queries', 'throttled'],
      ['', 'Code: 241. DB::Exception: Memory limit (total) exceeded', 'server_error'],
    ],
  ],
}

describe.each(Object.entries(DB_CLIENTS))('%s', (_, [attributes, failures]) => {
  test.each(failures)('%s "%s" → %s', (...failure) => {
    expect(outcomesOf(attributes, failure)).toEqual([failure[2], failure[2]])
  })
})

const MODEL_CLIENTS: Record<string, readonly Failure[]> = {
  'OpenAI, Anthropic, Groq (Stainless)': [
    ['openai.InternalServerError', 'Error code: 500', 'server_error'],
    ['anthropic.OverloadedError', 'Overloaded', 'server_error'],
    ['anthropic.ServiceUnavailableError', '', 'server_error'],
    ['APIStatusError', "Error code: 529 - {'type': 'error'}", 'server_error'],
    ['openai.BadRequestError', "Error code: 400 - {'error': {'code': 'context_length_exceeded'}}", 'client_error'],
    ['openai.NotFoundError', 'Error code: 404 - The model `x` does not exist', 'client_error'],
    ['openai.UnprocessableEntityError', '', 'client_error'],
    ['openai.ConflictError', '', 'client_error'],
    ['openai.RateLimitError', 'Error code: 429', 'throttled'],
    ['openai.PermissionDeniedError', '', 'auth'],
    ['openai.APITimeoutError', 'Request timed out.', 'timeout'],
    ['openai.APIConnectionError', 'Connection error.', 'connection'],
    ['openai.APIResponseValidationError', '', 'schema'],
    ['com.openai.errors.OpenAIIoException', 'Request failed', 'connection'],
    ['overloaded_error', '', 'server_error'],
    ['api_error', 'Internal server error', 'server_error'],
    ['invalid_request_error', '', 'client_error'],
    ['permission_error', '', 'auth'],
  ],
  'Google, Vertex AI': [
    ['google.genai.errors.ServerError', '503 UNAVAILABLE. The model is overloaded.', 'server_error'],
    ['google.genai.errors.ClientError', "429 RESOURCE_EXHAUSTED. {'error': {}}", 'throttled'],
    ['google.genai.errors.ClientError', '400 INVALID_ARGUMENT. Bad model', 'client_error'],
    ['google.genai.errors.ClientError', '401 UNAUTHENTICATED. Bad key', 'auth'],
    ['google.api_core.exceptions.ServiceUnavailable', '503 The service is currently unavailable.', 'server_error'],
    ['google.api_core.exceptions.InvalidArgument', '400 Bad model', 'client_error'],
    ['google.api_core.exceptions.DeadlineExceeded', '504 Deadline Exceeded', 'timeout'],
    ['google.api_core.exceptions.RetryError', 'Deadline of 60.0s exceeded while calling target function', 'timeout'],
  ],
  'AWS Bedrock, Azure, Cohere, Mistral, litellm': [
    ['ModelTimeoutException', '', 'timeout'],
    ['ModelErrorException', '', 'server_error'],
    ['ServiceQuotaExceededException', '', 'throttled'],
    ['InternalServerException', '', 'server_error'],
    ['azure.core.exceptions.ServiceRequestError', 'Cannot connect to host', 'connection'],
    ['azure.core.exceptions.HttpResponseError', 'Operation returned an invalid status', 'unknown_error'],
    ['azure.core.exceptions.ClientAuthenticationError', '', 'auth'],
    [
      'System.ClientModel.ClientResultException',
      'Service request failed.\nStatus: 429 (Too Many Requests)',
      'throttled',
    ],
    ['cohere.errors.internal_server_error.InternalServerError', '', 'server_error'],
    ['cohere.errors.too_many_requests_error.TooManyRequestsError', '', 'throttled'],
    ['mistralai.models.SDKError', 'API error occurred: Status 502. Body: bad gateway', 'server_error'],
    ['litellm.exceptions.ContextWindowExceededError', '', 'client_error'],
    ['litellm.exceptions.ContentPolicyViolationError', '', 'client_error'],
    ['litellm.exceptions.Timeout', '', 'timeout'],
  ],
}

describe.each(Object.entries(MODEL_CLIENTS))('%s', (_, failures) => {
  test.each(failures)('%s "%s" → %s', (...failure) => {
    const attributes = { 'gen_ai.provider.name': 'openai', 'gen_ai.operation.name': 'chat' }
    expect(outcomesOf(attributes, failure)).toEqual([failure[2], failure[2]])
  })
})

const aws = { 'rpc.system': 'aws-api', 'rpc.service': 'DynamoDB', 'rpc.method': 'GetItem' }
const AWS_CLIENTS: Record<string, readonly Failure[]> = {
  botocore: [
    [
      'botocore.exceptions.ClientError',
      'An error occurred (ThrottlingException) when calling the GetItem operation: x',
      'throttled',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (SlowDown) when calling the PutObject operation (reached max retries: 4): Please reduce your request rate.',
      'throttled',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (RequestLimitExceeded) when calling the DescribeInstances operation: x',
      'throttled',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (ExpiredToken) when calling the GetObject operation: x',
      'auth',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (ExpiredTokenException) when calling the GetItem operation: x',
      'auth',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (AccessDenied) when calling the GetObject operation: x',
      'auth',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (InvalidAccessKeyId) when calling the GetObject operation: x',
      'auth',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (ValidationException) when calling the GetItem operation: x',
      'client_error',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (NoSuchKey) when calling the GetObject operation: x',
      'client_error',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (404) when calling the HeadObject operation: Not Found',
      'client_error',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (InternalServerError) when calling the GetItem operation: x',
      'server_error',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (ServiceUnavailable) when calling the PutObject operation: x',
      'server_error',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (RequestTimeout) when calling the PutObject operation: x',
      'timeout',
    ],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (TransactionCanceledException) when calling the TransactWriteItems operation: x',
      'client_error',
    ],
    [
      'botocore.errorfactory.ProvisionedThroughputExceededException',
      'An error occurred (ProvisionedThroughputExceededException) when calling the GetItem operation: x',
      'throttled',
    ],
    ['botocore.exceptions.EndpointConnectionError', 'Could not connect to the endpoint URL: "https://x"', 'connection'],
    ['botocore.exceptions.ReadTimeoutError', 'Read timeout on endpoint URL: "https://x"', 'timeout'],
    ['botocore.exceptions.NoCredentialsError', 'Unable to locate credentials', 'auth'],
    ['botocore.exceptions.ParamValidationError', 'Parameter validation failed', 'client_error'],
  ],
  'Go, Java, JavaScript, Ruby, PHP, .NET': [
    [
      '*smithy.OperationError',
      'operation error DynamoDB: GetItem, https response error StatusCode: 400, RequestID: 1, api error ThrottlingException: Rate exceeded',
      'throttled',
    ],
    [
      '*smithy.OperationError',
      'operation error S3: PutObject, https response error StatusCode: 503, RequestID: 1, HostID: 2, api error SlowDown: x',
      'throttled',
    ],
    [
      '*smithy.OperationError',
      'operation error DynamoDB: GetItem, https response error StatusCode: 500, RequestID: 1, InternalServerError: x',
      'server_error',
    ],
    ['awserr.Error', 'ThrottlingException: Rate exceeded\n\tstatus code: 400, request id: 1', 'throttled'],
    [
      'com.amazonaws.services.dynamodbv2.model.AmazonDynamoDBException',
      'Rate exceeded (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ThrottlingException; Request ID: 1)',
      'throttled',
    ],
    [
      'software.amazon.awssdk.services.dynamodb.model.DynamoDbException',
      'The security token is expired (Service: DynamoDb, Status Code: 403, Request ID: 1)',
      'auth',
    ],
    ['ThrottlingException', 'Rate exceeded', 'throttled'],
    ['ConditionalCheckFailedException', 'The conditional request failed', 'client_error'],
    ['ValidationException', 'x', 'client_error'],
    ['Aws::DynamoDB::Errors::ThrottlingException', 'Rate exceeded', 'throttled'],
    [
      'Aws\\DynamoDb\\Exception\\DynamoDbException',
      'Error executing "GetItem": AWS HTTP error: x ThrottlingException (client): Rate exceeded',
      'throttled',
    ],
    ['Amazon.DynamoDBv2.Model.ProvisionedThroughputExceededException', 'x', 'throttled'],
    ['TimeoutError', 'socket hang up', 'timeout'],
  ],
}

describe.each(Object.entries(AWS_CLIENTS))('AWS: %s', (_, failures) => {
  test.each(failures)('%s "%s" → %s', (...failure) => {
    expect(outcomesOf(aws, failure)).toEqual([failure[2], failure[2]])
  })
})

const BROKER_CLIENTS: Record<string, readonly Failure[]> = {
  'Kafka: librdkafka, sarama, kafka-go, KafkaJS, kafka-python, Java': [
    ['KafkaException', 'Broker: Unknown topic or partition', 'client_error'],
    ['KafkaException', 'Broker: Not leader for partition', 'server_error'],
    ['KafkaException', 'Local: Message timed out', 'timeout'],
    ['KafkaException', 'Local: All broker connections are down', 'connection'],
    ['KafkaException', 'Broker: Topic authorization failed', 'auth'],
    ['KafkaException', 'Broker: Message size too large', 'client_error'],
    ['KafkaException', 'KafkaError{code=_TRANSPORT,val=-195,str="Local: Broker transport failure"}', 'connection'],
    [
      'sarama.KError',
      'kafka server: Message was too large, server rejected it to avoid allocation error',
      'client_error',
    ],
    ['', 'kafka: client has run out of available brokers to talk to: EOF', 'connection'],
    [
      '',
      'kafka server: Tried to send a message to a replica that is not the leader for some partition. Your metadata is out of date',
      'server_error',
    ],
    [
      'kafka.Error',
      '[3] Unknown Topic Or Partition: the request is for a topic or partition that does not exist on this broker',
      'client_error',
    ],
    [
      'kafka.Error',
      '[7] Request Timed Out: the request exceeded the user-specified time limit in the request',
      'timeout',
    ],
    ['KafkaJSConnectionError', 'Connection error: connect ECONNREFUSED 10.0.0.5:9092', 'connection'],
    ['KafkaJSRequestTimeoutError', 'Request Produce timed out', 'timeout'],
    ['KafkaJSProtocolError', 'This server is not the leader for that topic-partition', 'server_error'],
    ['kafka.errors.NoBrokersAvailable', 'NoBrokersAvailable', 'connection'],
    [
      'org.apache.kafka.common.errors.TimeoutException',
      'Expiring 1 record(s) for orders-0:120000 ms has passed since batch creation',
      'timeout',
    ],
    ['org.apache.kafka.common.errors.RecordTooLargeException', 'The message is 2000000 bytes', 'client_error'],
    ['org.apache.kafka.common.errors.SaslAuthenticationException', 'Authentication failed', 'auth'],
    ['org.apache.kafka.common.errors.DisconnectException', '', 'connection'],
  ],
  'RabbitMQ: pika, amqplib, Java, Go, .NET, Bunny, kombu': [
    ['pika.exceptions.ChannelClosedByBroker', "(404, \"NOT_FOUND - no exchange 'x' in vhost '/'\")", 'client_error'],
    ['pika.exceptions.ChannelClosedByBroker', '(403, "ACCESS_REFUSED - access to exchange \'x\' refused")', 'auth'],
    ['pika.exceptions.AMQPConnectionError', '', 'connection'],
    [
      'pika.exceptions.StreamLostError',
      "Stream connection lost: ConnectionResetError(104, 'Connection reset by peer')",
      'connection',
    ],
    ['pika.exceptions.UnroutableError', '1 unroutable message(s) returned', 'client_error'],
    [
      'Error',
      "Channel closed by server: 404 (NOT-FOUND) with message \"NOT_FOUND - no queue 'x' in vhost '/'\"",
      'client_error',
    ],
    [
      'Error',
      'Connection closed: 320 (CONNECTION-FORCED) with message "CONNECTION_FORCED - broker forced connection closure with reason \'shutdown\'"',
      'connection',
    ],
    [
      'com.rabbitmq.client.AlreadyClosedException',
      'channel is already closed due to channel error; protocol method: #method<channel.close>(reply-code=406, reply-text=PRECONDITION_FAILED - unknown delivery tag)',
      'client_error',
    ],
    ['*amqp091.Error', 'Exception (504) Reason: "channel/connection is not open"', 'connection'],
    ['*amqp091.Error', "Exception (404) Reason: \"NOT_FOUND - no exchange 'x' in vhost '/'\"", 'client_error'],
    [
      'RabbitMQ.Client.Exceptions.BrokerUnreachableException',
      'None of the specified endpoints were reachable',
      'connection',
    ],
    ['Bunny::TCPConnectionFailed', 'Could not establish TCP connection', 'connection'],
    ['kombu.exceptions.OperationalError', '[Errno 111] Connection refused', 'connection'],
  ],
  'SQS, Service Bus, NATS': [
    ['AWS.SimpleQueueService.NonExistentQueue', '', 'client_error'],
    [
      'botocore.exceptions.ClientError',
      'An error occurred (ThrottlingException) when calling the SendMessage operation: x',
      'throttled',
    ],
    [
      'Azure.Messaging.ServiceBus.ServiceBusException',
      'The messaging entity could not be found. (MessagingEntityNotFound)',
      'client_error',
    ],
    [
      'Azure.Messaging.ServiceBus.ServiceBusException',
      'The operation did not complete within the allocated time. (ServiceTimeout)',
      'timeout',
    ],
    ['', 'nats: no responders available for request', 'connection'],
    ['', 'nats: timeout', 'timeout'],
    ['', 'nats: Authorization Violation', 'auth'],
  ],
}

describe.each(Object.entries(BROKER_CLIENTS))('%s', (_, failures) => {
  test.each(failures)('%s "%s" → %s', (...failure) => {
    const attributes = { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' }
    expect(outcomesOf(attributes, failure)).toEqual([failure[2], failure[2]])
  })
})
