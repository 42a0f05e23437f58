import type { Outcome } from './outcome.ts'

/** A pattern over a type name in word form (see type-words.ts), or over a message in lower case. */
export interface WordRule {
  outcome: Outcome
  pattern: RegExp
}

/**
 * Types that name their cause so clearly that they outrank the status code: AWS answers throttling with 400.
 * `(?:^|\.)` is the start of a name part, `(?:^|[._])` the start of a word.
 * Sources: Resilience4j, Polly, opossum, Hystrix, gobreaker; AWS common errors; OAuth 2.0 (RFC 6749); OpenAI and Google clients.
 */
export const CLEAR_TYPES: readonly WordRule[] = [
  {
    outcome: 'circuit_open',
    pattern:
      /circuit_?breaker.*(?:open|error|exception)|call_?not_?permitted|broken_?circuit|isolated_?circuit|eopen_?breaker|circuit_?open|open_?circuit|short_?circuit/,
  },
  {
    outcome: 'throttled',
    pattern:
      /throttl|too_?many_?requests|rate_?limit|slow_?down|request_?limit_?exceeded|(?:^|\.)limit_?exceeded|provisioned_?throughput_?exceeded|quota|request_?not_?permitted|resource_?exhausted/,
  },
  {
    outcome: 'auth',
    pattern:
      /unauthorized|forbidden|access_?denied|authentication|permission_?denied|expired_?token|invalid_?token|invalid_?client_?token_?id|unrecognized_?client|signature_?does_?not_?match|invalid_?signature|invalid_?grant|invalid_?client(?:$|_error|_exception)|invalid_?api_?key|not_?authorized|credential/,
  },
]

export const BREAKER_MESSAGE = /circuit[ -]?breaker (?:is )?open|short-circuited/

/**
 * Sources: error codes of libuv and undici; exceptions of the Java, .NET, Python, Ruby and Go standard libraries and
 * of their common HTTP clients; `error.type` values of .NET's HttpClient.
 */
export const TYPES: readonly WordRule[] = [
  { outcome: 'timeout', pattern: /time_?out|timed_?out|deadline_?exceeded/ },
  { outcome: 'cancelled', pattern: /abort_?error|cancell?ed|cancellation|interrupted/ },
  {
    outcome: 'connection',
    pattern: new RegExp(
      [
        '(?:^|[._])(?:econn|ehost|enet|epipe|enotfound|eai_|und_err_socket|ssl|tls|eof|op_?error)',
        'connect(?:ion)?_?(?:refused|reset|closed|aborted|error|exception|fail(?:ed|ure))',
        'unknown_?host|name_?resolution_?error|socket_?exception|certificate|(?:^|[._])x509',
        'broken_?pipe|closed_?channel|no_?http_?response|protocol_?error|remote_?disconnected',
        'chunked_?encoding|incomplete_?read|response_?ended|invalid_?response|proxy_?tunnel',
      ].join('|'),
    ),
  },
  {
    outcome: 'schema',
    pattern:
      /(?:^|[._])json(?!_?rpc)|zod_?error|syntax_?error|validation|serializ|unmarshal|(?:^|[._])decod|parse_?(?:exception|error)|malformed|(?:^|\.)schema|mismatched_?input/,
  },
]

/** The same classes as text of status and exception messages. */
export const MESSAGES: readonly WordRule[] = [
  { outcome: 'timeout', pattern: /timed out|timeout|context deadline exceeded/ },
  { outcome: 'cancelled', pattern: /context cancell?ed|was aborted/ },
  {
    outcome: 'connection',
    pattern:
      /connection (?:was )?(?:refused|reset|closed|error)|no such host|name resolution|getaddrinfo|socket hang up|fetch failed|failed to fetch|networkerror|load failed|broken pipe|unexpected eof|failed to connect|no connection established|transport is closing|upstream connect error/,
  },
  { outcome: 'schema', pattern: /unexpected token|invalid json|failed to (?:parse|decode)/ },
]
