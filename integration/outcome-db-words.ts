import type { WordRule } from './outcome-words.ts'

/**
 * What database clients say that send no code: classes in word form (see type-words.ts).
 * Sources: psycopg's and asyncpg's classes of SQLSTATEs; PEP 249; Java's `SQLException` family, Spring's
 * `DataAccessException`s; ActiveRecord, Ecto, EF Core, Django; clients of MongoDB, Redis, Cassandra and Elasticsearch.
 */
export const DB_TYPES: readonly WordRule[] = [
  {
    outcome: 'auth',
    pattern:
      /insufficient_?privilege|invalid_?(?:password|authorization)|no_permission|not_authorized|security_exception|authorization_?exception|access_control_exception|wrongpass|noauth|(?:^|\.)elogin$/,
  },
  { outcome: 'throttled', pattern: /too_?many_?connections|max_?connections/ },
  {
    outcome: 'timeout',
    pattern: /lock_not_available|lock_?(?:wait_?)?timeout|cannot_acquire_lock|pool_?error|(?:^|\.)lock_timeout/,
  },
  {
    outcome: 'connection',
    pattern:
      /admin_?shutdown|crash_?shutdown|cannot_?connect_?now|database_?dropped|idle_session_timeout|idle_in_transaction_session|connection_?(?:bad|does_?not_?exist|failure|not_?established)|unable_?to_?send|no_database_error|no_?host_?available|socket_(?:open|read|write|closed)_exception|all_nodes_failed|(?:^|\.)esocket$/,
  },
  {
    outcome: 'server_error',
    pattern:
      /(?:^|\.)internal_error_?$|data_corrupted|index_corrupted|disk_full|out_?of_?memory|(?:^|\.)io_error|busy_?loading|loading_exception|busy_exception|read_?only_(?:error|exception)|cluster_?down|master_?down|unavailable_exception|configuration_limit/,
  },
  {
    outcome: 'client_error',
    pattern:
      /violat|integrity|constraint|duplicate|not_unique|unique_?(?:error|exception|key)|syntax_?error|bad_?sql_?grammar|undefined_|ambiguous_|deadlock|serialization_?failure|invalid_(?:text|datetime|query|request|catalog|schema|column|cursor|regular|parameter|sql|foreign|table|reference|escape|object)|datatype_mismatch|numeric_value|(?:^|\.)(?:data|programming|not_supported|write|bulk_write|operation_failure|no_script|moved|ask)_(?:error|exception)$|operation_failure$|string_data|not_null|null_value|division_by_zero|cardinality|optimistic|stale_|concurrency|in_failed_sql_transaction|active_sql_transaction|read_only_sql_transaction|feature_not_supported|data_integrity|no_rows|does_not_exist|record_not|no_result|already_exists/,
  },
]

/** The same as text of messages, in lower case. Sources: the messages of the servers themselves, which clients hand on. */
export const DB_MESSAGES: readonly WordRule[] = [
  {
    outcome: 'timeout',
    pattern:
      /canceling statement due to (?:statement|lock) timeout|lock (?:wait|request) time ?-?out|could not obtain lock|database (?:table )?is locked|pool (?:\S+ ){0,4}(?:exhausted|full)|exhausted (?:\S+ ){0,3}pool|pool is (?:probably )?full|dropped from queue|fetching a new connection from the connection pool|queuepool limit|maximum statement execution time|prior to obtaining a connection|execution timeout expired/,
  },
  { outcome: 'cancelled', pattern: /due to user request|query (?:execution )?was (?:interrupted|cancell?ed)/ },
  {
    outcome: 'throttled',
    pattern:
      /too many (?:connections|clients|simultaneous queries)|remaining connection slots|connection limit exceeded|max_?user_?connections|no more connections allowed|max number of clients reached|maximum number of (?:processes|sessions)/,
  },
  {
    outcome: 'auth',
    pattern:
      /permission (?:was )?denied|access denied|command denied|password authentication failed|authentication failed|no pg_hba\.conf entry|role "[^"]*" does not exist|login failed|not authorized|insufficient privilege|invalid username|invalid password|(?:noauth|wrongpass|noperm)\b|must be owner of|requires authentication|authentication required|has no permissions/,
  },
  {
    outcome: 'connection',
    pattern:
      /terminating connection|database system is (?:starting|shutting|in recovery|not yet)|not (?:yet )?accepting connections|server closed the connection|connection to server at|could not (?:connect|receive data|send data)|(?:lost|can.t) connect(?:ion)? to|gone away|communications link failure|server shutdown in progress|transport-level error|error occurred while establishing a connection|network-related|unable to open database|not primary|not master|node is recovering|no reachable servers|server selection error|connection is closed|connection has been closed|sockets? closed|connection to the host|i\/o error occurred while sending|is not active/,
  },
  {
    outcome: 'server_error',
    pattern:
      /out of (?:shared )?memory|no space left|could not (?:extend|write|read|open) file|disk (?:i\/o error|full)|disk is full|disk image is malformed|is loading the dataset|read ?only replica|used memory|unexpected chunk|could not open relation|internal error|shards? failed/,
  },
  {
    outcome: 'client_error',
    pattern:
      /duplicate (?:key|entry|column)|unique (?:constraint|index|key)|(?:primary|foreign) key|constraint (?:failed|violat)|violat(?:es|ion)|syntax error|error in your sql syntax|incorrect syntax|unexpected token:|does(?:n't| not) exist|no such (?:table|column|function|module)|unknown (?:column|table|database|command|field)|invalid (?:object|column|input syntax|identifier|number|byte sequence|value)|undefined (?:column|table)|has no column|deadlock|could not serialize|cannot be null|not null|null value in column|(?:too long|out of range|incorrect|truncated)\b|data truncat|cannot (?:delete|update|add|insert|execute)|already exists|read-?only (?:transaction|database)|no rows in result set|current transaction is aborted|division by zero|ambiguous|datatype mismatch|type mismatch|wrong (?:kind|number) of|wrongtype|write conflict|document failed validation|missing (?:keyword|expression|right parenthesis)|table or view|not found: (?:table|dataset)|bad sql grammar|no database selected|unsupported/,
  },
]

/** What is left when neither class nor message say more. Source: PEP 249, JDBC. */
export const DB_VAGUE_TYPES: readonly WordRule[] = [
  { outcome: 'connection', pattern: /(?:^|\.)(?:operational|interface)_error$/ },
]
