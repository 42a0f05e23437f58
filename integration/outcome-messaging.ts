import type { WordRule } from './outcome-words.ts'

/**
 * Patterns over type names in word form (see type-words.ts): a broker's code, the exception of the same name in Kafka's
 * Java client (`NOT_LEADER_OR_FOLLOWER`, `NotLeaderOrFollowerException`) and librdkafka's text ("Broker: Not leader for
 * partition") read alike, once spaces are underscores.
 * Sources: librdkafka, sarama, kafka-go, KafkaJS, kafka-python; pika, amqplib, Bunny; https://kafka.apache.org/protocol (error codes); AMQP 0-9-1 reply codes; AMQP 1.0 conditions (`amqp:…`);
 * Azure Service Bus conditions (`com.microsoft:…`).
 */
export const MESSAGING_TYPES_OUTCOMES: readonly WordRule[] = [
  {
    outcome: 'timeout',
    pattern:
      /request_timed_out|microsoft\.timeout|msg_timed_out|message_timed_out|service_timeout|buffer_exhausted|queue_full/,
  },
  {
    outcome: 'auth',
    pattern:
      /authorization_(?:failed|exception|violation|error)|sasl_authentication_(?:failed|exception|error)|access_refused|unauthorized_access|illegal_sasl|unsupported_sasl|security_disabled|not_authorized_to_access/,
  },
  {
    outcome: 'throttled',
    pattern: /throttling_quota_exceeded|resource_limit_exceeded|server_busy|service_busy|quota_exceeded/,
  },
  {
    outcome: 'connection',
    pattern:
      /(?:^|[._:])network_exception|connection_forced|(?:^|[._:=])_(?:transport|all_brokers_down|resolve|ssl)\b|brokers?_(?:connections_)?(?:are_)?down|broker_transport_failure|available_brokers|no_?brokers?_available|broker_not_found|node_not_ready|channel_(?:wrong_state|closed(?!_by_(?:broker|server)))|service_communication|connection_?(?:open_)?aborted|no_responders|connection_is_not_open|broker_unreachable/,
  },
  {
    outcome: 'server_error',
    pattern:
      /not_leader|not_the_leader|is_not_leader|leader_not_available|no_leader|not_enough_(?:in_?sync_)?replicas|broker_not_available|(?:^|[._])(?:not_)?coordinator_|kafka_storage_(?:error|exception)|unknown_server_(?:error|exception)|unexpected_server_error|(?:^|[._:"(])(?:internal|resource)_error|replica_not_available/,
  },
  {
    outcome: 'client_error',
    pattern:
      /too_large|size_exceeded|unknown_topic|topic_or_partition_(?:that_)?does_not_exist|partition_that_does_not_exist|invalid_topic|invalid_record|corrupt_(?:message|record)|(?:^|[._:"(\d])_?(?:entity_)?not_found|entitynotfound|could_not_be_found|precondition_failed|resource_locked|no_route|not_allowed|non_?existent|does_not_exist|lock_lost|producer_fenced|invalid_(?:producer_epoch|required_acks|partition)|unknown_delivery_tag|unroutable|nacked/,
  },
]
