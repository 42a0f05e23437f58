/** Longest `error_message` in an answer: it must stay far below what clients accept as a response. */
export const MAX_MESSAGE = 2048

/** Why records of a request were refused, or accepted with a change, each reason with its advice to the sender. */
export const REASONS = {
  missing_ids: 'missing trace_id/span_id; was a logs request sent to /v1/traces?',
  short_trace_id:
    'trace_id has 64 bits; OpenTelemetry has 128: set the first half to zeros, the same in all services of the trace',
  log_records: 'log records are not taken; send traces and metrics',
  metrics_for_traces: 'it is a metric; send metrics to the path of metrics (/v1/metrics unless configured)',
  spans_for_metrics: 'it is a span; send spans to the path of traces (/v1/traces unless configured)',
  profiles: 'profiles are not taken; send traces and metrics',
  no_start_time: 'start_time_unix_nano is 0; set it to the time the operation began',
  time_out_of_range: 'a time is after the year 2262; is it in nanoseconds?',
  time_ahead:
    "a time is more than an hour ahead of this machine's clock; is it in nanoseconds? If so, check the clocks",
  time_too_old:
    'a time is older than what the configuration keeps (retention); is it in nanoseconds? If so, check the clocks',
  time_in_seconds: 'a time fits today only if it is in seconds; is it in nanoseconds? Multiply it by 1,000,000,000',
  time_in_milliseconds:
    'a time fits today only if it is in milliseconds; is it in nanoseconds? Multiply it by 1,000,000',
  time_in_microseconds: 'a time fits today only if it is in microseconds; is it in nanoseconds? Multiply it by 1,000',
  too_many_days: 'one request may touch 40 different days; split it by day',
  no_point_time: 'time_unix_nano is 0; set it to the time of the measurement',
  no_value: 'a number point has neither as_double nor as_int; send a value or the no-recorded-value flag',
  bucket_mismatch: 'bucket_counts must have one entry more than explicit_bounds',
  bounds_not_increasing: 'explicit_bounds must increase strictly',
  no_temporality: 'aggregation_temporality is unspecified; set it to delta or cumulative',
  too_many_metrics:
    'metrics have more different names than are stored (20000); is there an id in the name? Make it an attribute',
  no_metric_name: 'the metric has no name',
  no_metric: 'it is no metric; was a traces or logs request sent to /v1/metrics?',
} as const

export type Reason = keyof typeof REASONS

/** Counts what one request's records were refused for. */
export class Rejections {
  readonly byReason = new Map<Reason, number>()
  total = 0

  add(reason: Reason, count = 1): void {
    if (count === 0) return
    this.byReason.set(reason, (this.byReason.get(reason) ?? 0) + count)
    this.total += count
  }

  /** One sentence per reason, for the sender; '' when nothing was refused. */
  message(noun: string): string {
    const sentences = [...this.byReason].map(
      ([reason, count]) => `${count} ${noun}${count === 1 ? '' : 's'} rejected: ${REASONS[reason]}`,
    )
    return sentences.join(' ').slice(0, MAX_MESSAGE)
  }
}
