import { plainName } from '../integration/plain-name.ts'
import type { Redaction } from '../integration/redaction.ts'
import type { Lifetimes } from './kept-times.ts'
import type { SpanView } from './protobuf/span-view.ts'
import type { Attributes, Exemplar, Metric, Point, Resource, Scope } from './telemetry.ts'

/** What of received telemetry may be stored. */
export interface Keeping {
  redaction: Redaction
  /** Share of traces, 0 to 1, whose unremarkable spans keep attributes, events and links. */
  keepAttributes: number
  lifetimes: Lifetimes
}

/** From a second on a span is slow; `storage/retention.ts` draws the same line. */
const SLOW_NS = 1_000_000_000
const STATUS_ERROR = 2
/** Longest message of a failure that is stored. */
export const MESSAGE_MAX_BYTES = 1024

/** A resource's attributes as they are stored. The given map stays: the span-to-call rules read what was sent. */
export function storedAttributes(sent: Attributes, redaction: Redaction): Attributes {
  const stored = new Map(sent)
  redaction.attributes(stored)
  return stored
}

export function storedResource({ attributes, schemaUrl }: Resource, redaction: Redaction): Resource {
  return { attributes: storedAttributes(attributes, redaction), schemaUrl: redaction.text(schemaUrl) }
}

export function storedScope(scope: Scope, redaction: Redaction): Scope {
  const { name, version, schemaUrl, attributes } = scope
  return {
    ...scope,
    name: redaction.text(name),
    version: redaction.text(version),
    schemaUrl: redaction.text(schemaUrl),
    attributes: storedAttributes(attributes, redaction),
  }
}

export function storedEventAttributes(sent: Attributes, redaction: Redaction): Attributes {
  const stored = storedAttributes(sent, redaction)
  const text = stored.get('exception.message')
  if (text !== undefined) stored.set('exception.message', cutToBytes(text, MESSAGE_MAX_BYTES))
  return stored
}

export function redactMetric(metric: Metric, redaction: Redaction): void {
  metric.name = plainName(metric.name)
  metric.description = redaction.text(metric.description)
  metric.unit = redaction.text(metric.unit)
}

/** A point and, where its kind has them, its exemplars. */
export function redactPoint(point: Point & { exemplars?: Exemplar[] }, redaction: Redaction): void {
  redaction.attributes(point.attributes)
  for (const { attributes } of point.exemplars ?? []) redaction.attributes(attributes)
}

export const storedMessage = (text: string, redaction: Redaction): string =>
  cutToBytes(redaction.text(text), MESSAGE_MAX_BYTES)

/** Whether nothing but the columns of the span itself is stored: it did not fail, was not slow, and its trace is not kept. */
export function isStoredBare(span: SpanView, { keepAttributes }: Pick<Keeping, 'keepAttributes'>): boolean {
  return keepAttributes < 1 && isUnremarkable(span) && shareOf(span.traceId) >= keepAttributes
}

/** Did not fail and was not slow. */
const isUnremarkable = (span: SpanView): boolean =>
  span.statusCode !== STATUS_ERROR && span.lastsLessThan(SLOW_NS) && !span.attributes.get('error.type')

/** Where a trace stands between 0 and 1: the same for all its spans, on every collector, also for ids that are not random. */
export function shareOf(traceId: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < traceId.length; i++) hash = Math.imul(hash ^ traceId.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** At most so many bytes of UTF-8, never part of a character. */
export function cutToBytes(text: string, maxBytes: number): string {
  if (text.length * 3 <= maxBytes || Buffer.byteLength(text) <= maxBytes) return text
  const bytes = Buffer.from(text)
  let end = maxBytes
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
