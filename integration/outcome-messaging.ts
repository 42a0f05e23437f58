import type { WordRule } from './outcome-words.ts'

/**
 * Patterns over type names in word form (see type-words.ts): a broker's code and the exception of the same name in
 * Kafka's Java client (`NOT_LEADER_OR_FOLLOWER`, `NotLeaderOrFollowerException`) read alike.
 * Sources: https://kafka.apache.org/protocol (error codes); AMQP 0-9-1 reply codes; AMQP 1.0 conditions (`amqp:…`);
 * Azure Service Bus conditions (`com.microsoft:…`).
 */
export const MESSAGING_TYPES_OUTCOMES: readonly WordRule[] = [
  { outcome: 'timeout', pattern: /request_timed_out|microsoft\.timeout/ },
  {
    outcome: 'auth',
    pattern:
      /authorization_(?:failed|exception)|sasl_authentication_(?:failed|exception)|access_refused|amqp\.unauthorized_access/,
  },
  {
    outcome: 'throttled',
    pattern: /throttling_quota_exceeded|amqp\.resource_limit_exceeded|microsoft\.server_busy/,
  },
  { outcome: 'connection', pattern: /(?:^|\.)network_exception|connection_forced/ },
  {
    outcome: 'server_error',
    pattern:
      /not_leader|leader_not_available|not_enough_replicas|broker_not_available|(?:^|\.)coordinator_|kafka_storage_(?:error|exception)|unknown_server_(?:error|exception)|(?:^|\.)(?:internal|resource)_error/,
  },
  {
    outcome: 'client_error',
    pattern:
      /too_large|unknown_topic|invalid_topic|corrupt_(?:message|record)|(?:^|\.)not_found|precondition_failed|resource_locked|no_route/,
  },
]
