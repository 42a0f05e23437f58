import { NAMES } from './attribute-names.ts'
import { cut, read } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'
import type { Protocol, SpanFacts } from './call.ts'
import type { Direction, Outcome } from './outcome.ts'
import { outcomeOfDbCode } from './outcome-db.ts'
import { outcomeOfGrpcCode } from './outcome-grpc.ts'
import { outcomeOfEnvoyFlags, outcomeOfHttpStatus } from './outcome-http.ts'
import { MESSAGING_TYPES_OUTCOMES } from './outcome-messaging.ts'
import type { WordRule } from './outcome-words.ts'
import { BREAKER_MESSAGE, CLEAR_TYPES, MESSAGES, TYPES } from './outcome-words.ts'
import { typeWords } from './type-words.ts'

/** What the other rules found out about the span before its outcome is asked for. */
export interface OutcomeFacts {
  span: SpanFacts
  direction: Direction
  protocol: Protocol
  /** Database, broker or RPC system in today's spelling. */
  system: string
  /** 100–599, 0 for none. */
  httpStatus: number
  /** The code's name, '' for none. */
  rpcStatus: string
}

const STATUS_OK = 1
const STATUS_ERROR = 2
const MESSAGE_MAX_CHARS = 2000

/** Error status, or an error type on whatever status. */
export const isFailed = ({ statusCode, attributes }: SpanFacts): boolean =>
  statusCode === STATUS_ERROR || read(attributes, NAMES.errorType) !== ''

/** The span's last exception, unless the span is not in error: then the exception was handled. */
export const unhandledException = ({ statusCode, exception }: SpanFacts): SpanFacts['exception'] =>
  statusCode === STATUS_ERROR ? exception : null

/** Why the call ended as it did: the first rule that knows decides. Table and reasons: docs/calls.md. */
export function outcomeOf(facts: OutcomeFacts): Outcome {
  if (facts.span.statusCode === STATUS_OK) return 'ok'
  const failed = isFailed(facts.span)
  for (const rule of failed ? FAILED_RULES : RULES) {
    const outcome = rule(facts)
    if (outcome !== null) return outcome
  }
  return failed ? 'unknown_error' : 'ok'
}

type Rule = (facts: OutcomeFacts) => Outcome | null

const byEnvoyFlags: Rule = ({ span }) => outcomeOfEnvoyFlags(read(span.attributes, NAMES.responseFlags))

const byClearType: Rule = ({ span }) => {
  const types = typesOf(span)
  for (const row of CLEAR_TYPES) {
    if (types.some((type) => classOfClearType(type) === row.outcome)) return row.outcome
    if (row.outcome === 'circuit_open' && saysBreaker(span)) return row.outcome
  }
  return null
}

const byHttpStatus: Rule = ({ protocol, httpStatus }) => (protocol === 'grpc' ? null : outcomeOfHttpStatus(httpStatus))

const byRpcStatus: Rule = ({ span, rpcStatus }) =>
  rpcStatus === '' ? null : outcomeOfGrpcCode(rpcStatus, () => says(span, 'connection'))

const bySystemCode: Rule = ({ span, protocol, system }) => {
  if (protocol === 'messaging') return firstClass(typesOf(span), classOfMessagingType)
  if (protocol !== 'db') return null
  const reported = read(span.attributes, NAMES.dbStatus) || read(span.attributes, NAMES.errorType)
  const saysStatementTimeout = () => messagesOf(span).some((message) => message.includes('statement timeout'))
  return outcomeOfDbCode(system, reported, saysStatementTimeout) ?? redisReply(system, span)
}

/** Redis clients that report a type of their own put the error prefix at the start of the message. */
function redisReply(system: string, span: SpanFacts): Outcome | null {
  if (system !== 'redis' || read(span.attributes, NAMES.dbStatus) !== '') return null
  for (const message of rawMessagesOf(span)) {
    const [prefix = ''] = message.replace(/^(?:\w+Error: )/, '').split(' ', 1)
    const outcome = /^[A-Z]{3,}$/.test(prefix) ? outcomeOfDbCode(system, prefix, () => false) : null
    if (outcome !== null) return outcome
  }
  return null
}

const byTypeOrMessage: Rule = ({ span, protocol }) => {
  const classOf = protocol === 'db' ? CLASSES.db : CLASSES.all
  const outcome = firstClass(typesOf(span), classOf.type) ?? firstClass(messagesOf(span), classOf.message)
  return outcome === 'cancelled' && says(span, 'timeout') ? 'timeout' : outcome
}

/** A client that saw no status was cut off (browsers report 0) or gave up itself (nothing reported). */
const byMissingStatus: Rule = ({ span, direction, protocol, httpStatus }) => {
  if (direction === 'inbound' || protocol !== 'http' || httpStatus !== 0) return null
  return read(span.attributes, NAMES.httpStatus) === '' ? 'cancelled' : 'connection'
}

const RULES: readonly Rule[] = [byEnvoyFlags, byHttpStatus, byRpcStatus, byMissingStatus]
const FAILED_RULES: readonly Rule[] = [
  byEnvoyFlags,
  byClearType,
  byHttpStatus,
  byRpcStatus,
  bySystemCode,
  byTypeOrMessage,
]

type ClassOf = (text: string) => Outcome | null

const NO_CLASS = 'none'

/** Types and messages of failures repeat, so what they mean is remembered. */
function remembered(rules: readonly WordRule[], form: (text: string) => string): ClassOf {
  const classOf = boundedMemo<Outcome | typeof NO_CLASS>(
    (text) => {
      const words = form(text)
      return rules.find(({ pattern }) => pattern.test(words))?.outcome ?? NO_CLASS
    },
    { entries: 512, maxKeyChars: 512 },
  )
  return (text) => {
    const outcome = classOf(text)
    return outcome === NO_CLASS ? null : outcome
  }
}

const asIs = (text: string): string => text
const withoutSchema = (rules: readonly WordRule[]) => rules.filter(({ outcome }) => outcome !== 'schema')

const classOfClearType = remembered(CLEAR_TYPES, typeWords)
const classOfMessagingType = remembered(MESSAGING_TYPES_OUTCOMES, typeWords)
/** A database's syntax error is a wrong query, not a wrong answer. */
const CLASSES = {
  all: { type: remembered(TYPES, typeWords), message: remembered(MESSAGES, asIs) },
  db: { type: remembered(withoutSchema(TYPES), typeWords), message: remembered(withoutSchema(MESSAGES), asIs) },
} as const

function firstClass(texts: readonly string[], classOf: ClassOf): Outcome | null {
  for (const text of texts) {
    const outcome = classOf(text)
    if (outcome !== null) return outcome
  }
  return null
}

/** Type names in the order of trust; bare numbers are codes and say nothing here. */
function typesOf(span: SpanFacts): string[] {
  return [
    read(span.attributes, NAMES.errorType),
    unhandledException(span)?.get('exception.type') ?? '',
    read(span.attributes, NAMES.httpErrorName),
  ].filter((type) => type !== '' && !/^-?\d+$/.test(type))
}

const rawMessagesOf = (span: SpanFacts): string[] =>
  [span.statusMessage, unhandledException(span)?.get('exception.message') ?? '']
    .filter((message) => message !== '')
    .map((message) => cut(message, MESSAGE_MAX_CHARS))

const messagesOf = (span: SpanFacts): string[] => rawMessagesOf(span).map((message) => message.toLowerCase())

const saysBreaker = (span: SpanFacts): boolean => messagesOf(span).some((message) => BREAKER_MESSAGE.test(message))

const PATTERN_OF: Readonly<Partial<Record<Outcome, RegExp>>> = Object.fromEntries(
  MESSAGES.map(({ outcome, pattern }) => [outcome, pattern]),
)

const says = (span: SpanFacts, outcome: 'timeout' | 'connection'): boolean =>
  messagesOf(span).some((message) => PATTERN_OF[outcome]?.test(message))
