import type { Outcome } from './outcome.ts'

/** A pattern over a type name in word form (see type-words.ts), or over a message in lower case. */
export interface WordRule {
  outcome: Outcome
  pattern: RegExp
}

const anyOf = (...parts: readonly string[]): RegExp => new RegExp(parts.join('|'))

/**
 * Types that name their cause so clearly that they outrank the status code: AWS answers throttling with 400.
 * `(?:^|\.)` is the start of a name part, `(?:^|[._])` the start of a word.
 * Sources: Resilience4j, Polly, opossum, Hystrix, Sentinel, Stoplight, Semian, gobreaker; AWS common errors; OAuth 2.0
 * (RFC 6749); OpenAI, Anthropic and Google clients. .NET's `System.Security.Authentication` is about TLS.
 */
export const CLEAR_TYPES: readonly WordRule[] = [
  {
    outcome: 'circuit_open',
    pattern: anyOf(
      'circuit_?breaker.*(?:open|error|exception)|call_?not_?permitted|broken_?circuit|isolated_?circuit|eopen_?breaker',
      'circuit_?open|open_?circuit|short_?circuit|(?:^|\\.)degrade_exception|(?:^|\\.)red_light$|bulkhead|esemlocked',
      '(?:^|\\.)semian\\..*resource_busy|(?:^|\\.)ganesha',
    ),
  },
  { outcome: 'connection', pattern: /^system\.security\.authentication\./ },
  {
    outcome: 'throttled',
    pattern: anyOf(
      'throttl|too_?many_?requests|rate_?(?:limit|exceeded)|slow_?down|request_?limit_?exceeded|(?:^|\\.)limit_?exceeded',
      'provisioned_?throughput_?exceeded|quota|request_?not_?permitted|resource_?exhausted|bandwidth_?limit',
      'budget_?exceeded|billing_?error|(?:^|\\.)(?:param_)?flow_exception|prior_?request_?not_?complete',
    ),
  },
  {
    outcome: 'auth',
    pattern: anyOf(
      'unauthorized|unauthenticated|forbidden|access_?denied|authentication|permission_?(?:denied|error)|expired_?token',
      'invalid_?token|invalid_?client_?token_?id|unrecognized_?client|signature_?does_?not_?match|invalid_?signature',
      'invalid_?grant|invalid_?client(?:$|_error|_exception)|invalid_?api_?key|not_?authorized|credential|token_?expired',
      'invalid_?access_?key_?id|auth_?failure|incomplete_?signature|request_?(?:expired|time_?too_?skewed)|opt_?in_?required',
    ),
  },
]

export const BREAKER_MESSAGE =
  /breaker (?:\S+ )?(?:is )?(?:still )?open|circuit (?:\S+ )?(?:is )?open|short-circuited|bulkhead (?:\S+ )?is full|could not acquire a semaphore/

/**
 * Types behind which several causes hide, and with them numbers that do: what is said about them in words is read first.
 * Sources: superagent and axios (`ECONNABORTED` is its timeout as well), .NET (`TaskCanceledException`), botocore,
 * google-genai, Spring, Guzzle, Mint, Netty.
 */
export const VAGUE_TYPES = anyOf(
  'econnaborted|(?:^|\\.)cancell?ed_error|err_cancell?ed|task_cancell?ed|(?:^|\\.)operation_cancell?ed|interrupted_io|err_bad_re',
  '(?:client|server|api|status|request|http)_(?:error|exception)$|(?:^|\\.)io_exception$|decoder_exception',
  'resource_access_exception|web_client_request_exception|http_request_exception|retryable_exception|max_retry_error',
  'transport_(?:error|exception)$|guzzle_http\\.exception\\.connect_exception|native_io_exception|server_selection_error',
  'transient_connection_exception|jdbc_connection_exception|retry_error',
)

/** Cancellations that clients report for their own timeouts as well, so that the two cannot be distinguished. */
export const AMBIGUOUS_CANCELS = /task_cancell?ed|(?:^|\.)canceled_error|err_canceled/

const CONNECTION_TYPES = anyOf(
  '(?:^|[._])(?:econn|ehost|enet|epipe|enotfound|eai_|und_err_socket|ssl|tls|eof|op_?error)',
  '(?:^|[._])(?:eproto|enotconn|eshutdown|eaddrnotavail|eservfail|erefused|enodata|und_err_(?:closed|destroyed)|hpe_)',
  '(?:^|[._])err_(?:http2|socket|network|stream_premature|connection|name_not|internet)',
  'connect(?:ion)?_?(?:refused|reset|closed|aborted|error|exception|fail(?:ed|ure)|lost|shutdown|bad|dropped)',
  'unknown_?host|host_?not_?found|(?:name_?)?resolution_?error|socket_?(?:exception|error|closed|unexpectedly)|nxdomain',
  '(?:^|[._])(?:x509|cert_|pkix|gai_?error|dns_?error|dns_name_resolver)|certificate|cert_path|self_signed|unable_to_(?:verify|get_issuer)',
  'broken_?pipe|closed_?channel|channel_?closed|no_?http_?response|protocol_?error|remote_?disconnected|handshake',
  'chunked_?encoding|incomplete_?(?:read|message)|response_?ended|invalid_?response|proxy_?(?:tunnel|error)|premature_?close',
  'server_?disconnected|client_(?:connector|connection|os_error|payload)|max_retry_error|new_connection_error',
  'go_?away|stream_?(?:reset|closed)|no_?route_?to_?host|unresolved_?address|port_?unreachable|cannot_?connect|unable_?to_?connect',
  '(?:^|\\.)(?:read|write|close|network|transport|service_request|service_response|nil_status|stream)_error$',
  'resource_access_exception|web_client_request_exception|http_request_exception|retryable_exception|(?:^|\\.)io_exception$',
  'native_io_exception|transport_exception$|network_?(?:error|failure)|no_?(?:brokers?|nodes?|host|servers?)_?available|broker_unreachable|max_retries_per_request',
  'server_selection_error|auto_reconnect|not_primary|not_master|version_negotiation_error|(?:open_?ai|anthropic)_?io_exception',
  'jdbc_connection_exception|transient_connection_exception|communications_exception|bad_connection|disconnect_?(?:ed_)?exception',
  'nothing_written|transport_read_from_server|http_bad_response|bad_status_line|socket_not_connected|connection_not_established',
)

/**
 * Sources: error codes of libuv, c-ares, OpenSSL and undici; exceptions of the Java, .NET, Python, Ruby, PHP, Elixir, Rust
 * and Go standard libraries and of their common HTTP and database clients; `error.type` values of .NET's HttpClient.
 */
export const TYPES: readonly WordRule[] = [
  {
    outcome: 'timeout',
    pattern:
      /time_?out|timed_?out|deadline_?exceeded|(?:^|[._])etime$|exhausted_?pool|pool_?(?:exhausted|full)|wait_?queue_?full|pending_?limit/,
  },
  {
    outcome: 'cancelled',
    pattern: /abort_?error|cancell?ed|cancellation|interrupted|client_closed_request|und_err_aborted/,
  },
  { outcome: 'connection', pattern: CONNECTION_TYPES },
  {
    outcome: 'schema',
    pattern:
      /(?:^|[._])json(?!_?rpc)|zod_?error|syntax_?error|validation|serializ|unmarshal|(?:^|[._])decod|pars(?:e|ing)_?(?:exception|error)|malformed|(?:^|\.)schema|mismatched_?input|content_?type_?error/,
  },
  {
    outcome: 'server_error',
    pattern: anyOf(
      'internal_?(?:server_?)?(?:error|exception|failure)|service_?unavailable|overloaded|bad_?gateway|model_?error',
      '(?:^|[._])server_?(?:error|exception)(?:$|\\.)|http_?server_?error|(?:^|\\.)api_error$|service_?busy|(?:^|[._])5xx',
      '(?:^|\\.)unavailable(?:_error|_exception)?$|err_bad_response|http_fatal_error|insufficient_storage|not_?implemented_error',
    ),
  },
  {
    outcome: 'client_error',
    pattern: anyOf(
      'bad_?request|not_?found|unprocessable|(?:^|[._])conflict|already_?exists|failed_?precondition|precondition_?failed',
      '(?:^|[._])client_?(?:error|exception)(?:$|\\.)|http_?client_?error|method_?not_?allowed|not_?acceptable|(?:^|[._])gone(?:_|$)',
      'invalid_?(?:request|argument|parameter|input|url|uri|prompt|query)|illegal_?argument|missing_?(?:required_?)?(?:parameter|argument)',
      'unsupported_?(?:media|protocol|scheme|operation)|out_?of_?range|too_?large|content_?(?:filter|policy)|context_?(?:window|length)',
      'no_?such_?(?:key|bucket|entity|queue|upload|version|topic)|conditional_?check|does_?not_?exist|non_?existent|err_bad_request',
      'length_?finish_?reason|http_client_exception|resource_in_use|resource_?not_?ready',
    ),
  },
]

/** Of AWS, and of what is asked through it: the request was refused, no answer was unreadable and no one gave up. */
export const AWS_TYPES: readonly WordRule[] = [
  {
    outcome: 'client_error',
    pattern: /(?:^|[._])validation(?:_exception|_error)$|transaction_?cancell?ed|malformed|serialization_exception/,
  },
]

const CONNECTION_MESSAGES = anyOf(
  'connection(?:[ \\w]{0,60}?) (?:refused|reset|closed|error|aborted|lost|dropped|broken|terminated|shut ?down|failed|failure|forced|rejected|interrupted)',
  'connection (?:refused|reset|closed|error|aborted|lost|dropped|terminated|failed|failure|forced)|bad connection|invalid connection',
  'connect(?:ion)? to \\S+ (?:was )?(?:refused|failed)|not reachable|were reachable|max retries per request',
  'no such host|(?:name|service|hostname) (?:or service )?not known|name resolution|name does not resolve|nodename nor servname',
  '(?:could not|couldn.?t|cannot|can.?t|unable to|failed to) (?:be )?(?:resolve|look ?up|connect|establish|reach)|could not be resolved',
  'unknown host|host not found|unresolved|dns (?:error|lookup|resolution|query|failure)|nxdomain|non-existing domain|server misbehaving|getaddrinfo',
  'connect (?:call )?failed|error (?:trying to connect|connecting|sending request)|tcp connect error|error while dialing|connection attempt failed',
  'socket hang up|socket (?:is |was |has been )?(?:not connected|closed|error|disconnected)|other side closed|remote end closed',
  '(?:server|peer|client|remote host|host|remote) (?:has )?(?:unexpectedly )?(?:disconnected|closed|terminated the handshake|closed the connection)',
  'closed by (?:the )?(?:peer|remote|server|foreign)|reset by peer|\\beof\\b|end of (?:stream|file) (?:reached|read|before)|unexpected end of file',
  'fetch failed|failed to fetch|networkerror|network error|network (?:is |was )?unreachable|network failure|network connection|load failed',
  'host (?:is )?(?:unreachable|down)|no route to host|broken pipe|closed network connection|no servers? available|no brokers? available|no instances? available',
  'transport (?:is closing|error|failure|connection|endpoint)|go_?away|refused_stream|rst_stream|stream (?:was |id )?(?:reset|closed|error)|http2: |http2_|http\\/2 stream',
  '\\b(?:ssl|tls)\\b|x509|certificate|handshake|pkix|secure channel|self.signed',
  'no connection established|upstream connect error|no healthy upstream|premature(?:ly)? close|empty reply|recv failure|send failure',
  'max retries exceeded|malformed http (?:response|status)|header parser received no bytes|communications link failure|gone away|link failure',
  'econn[a-z]+|ehostunreach|ehostdown|enetunreach|epipe|enotfound|eai_again|eproto\\b|error occurred while sending the request',
  'response (?:ended|payload is not completed|prematurely)|transfer closed with|server gave http response|proxyconnect|available brokers|io exception',
  'channel (?:is |was )?closed|channel shutdown|connection was not ready|no responders available|broker transport failure|brokers? (?:are )?down',
)

/** Words of a caller who gave up on purpose. */
export const MEANT_CANCEL =
  /context cancell?ed|(?:user|caller|client) (?:aborted|cancell?ed)|(?:aborted|cancell?ed) by (?:the )?(?:user|caller|client)/

/** What status and exception messages say. The first that fits decides; some words mean more in company. */
export const MESSAGES: readonly WordRule[] = [
  {
    outcome: 'timeout',
    pattern: anyOf(
      'timed[ -]?out|time-?out|deadline (?:of \\S+ )?(?:has )?(?:been )?(?:exceeded|expired|elapsed)|deadline_?exceeded|etimedout',
      'net\\/http: request canceled|did not (?:properly )?respond (?:after|within)',
      'pool (?:\\S+ ){0,3}(?:exhausted|full)|exhausted pool|dropped from queue|pending acquire queue',
    ),
  },
  {
    outcome: 'cancelled',
    pattern:
      /context cancell?ed|(?:user|caller|client) (?:aborted|cancell?ed)|cancell?ed by (?:the )?(?:user|caller|client)/,
  },
  { outcome: 'connection', pattern: CONNECTION_MESSAGES },
  { outcome: 'cancelled', pattern: /was aborted|^(?:java\.io\.ioexception: )?cancell?ed\.?$|request aborted/ },
  {
    outcome: 'schema',
    pattern:
      /unexpected token|(?:invalid|not valid|malformed) json|unexpected end of json|failed to (?:parse|decode|deserialize|unmarshal)|cannot unmarshal|error decoding|could not (?:parse|decode|deserialize|extract response)|expecting value: line|invalid character .{1,20} looking for/,
  },
  {
    outcome: 'throttled',
    pattern:
      /too many requests|rate (?:limit(?:ed)?|exceeded)|throttl|quota (?:has been )?exceeded|exceeded your (?:current )?quota/,
  },
  {
    outcome: 'auth',
    pattern:
      /unauthori[sz]ed|unauthenticated|access (?:is )?denied|permission denied|authentication failed|not authori[sz]ed|invalid (?:api key|credentials|token)|\bforbidden\b|expired token|token (?:has |is )?expired/,
  },
]
