import { NAMES } from './attribute-names.ts'
import { read } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'
import type { Protocol, SpanFacts } from './call.ts'
import { statedHttpStatus } from './call-status.ts'
import { type Failure, messagesOf, namesOf } from './failure.ts'
import { codesIn } from './message-codes.ts'
import type { Direction, Outcome } from './outcome.ts'
import { outcomeOfDbCode, outcomeOfDbMessage } from './outcome-db.ts'
import { DB_MESSAGES, DB_TYPES, DB_VAGUE_TYPES } from './outcome-db-words.ts'
import { outcomeOfGrpcCode } from './outcome-grpc.ts'
import { outcomeOfEnvoyFlags, outcomeOfHttpStatus } from './outcome-http.ts'
import { MESSAGING_TYPES_OUTCOMES } from './outcome-messaging.ts'
import type { WordRule } from './outcome-words.ts'
import {
  AMBIGUOUS_CANCELS,
  AWS_TYPES,
  BREAKER_MESSAGE,
  CLEAR_TYPES,
  MEANT_CANCEL,
  MESSAGES,
  TYPES,
  VAGUE_TYPES,
} from './outcome-words.ts'
import { typeWords } from './type-words.ts'

/** What the other rules found out about the span before its outcome is asked for. */
export interface OutcomeFacts {
  span: SpanFacts
  failure: Failure
  direction: Direction
  protocol: Protocol
  /** Database, broker or RPC system in today's spelling. */
  system: string
  /** 100–599, 0 for none. */
  httpStatus: number
  /** The code's name, '' for none. */
  rpcStatus: string
}

/** The facts of a failed call, and what it says about its failure. */
interface FailedFacts extends OutcomeFacts {
  /** Classes and codes in the order of trust; numbers among them. */
  names: readonly string[]
  /** The same without numbers, which are codes and say nothing here, and with the codes in messages. */
  types: readonly string[]
  /** As they were written. */
  messages: readonly string[]
  /** In lower case. */
  words: readonly string[]
}

/** Why the call ended as it did: the first rule that knows decides. Table and reasons: docs/calls.md. */
export function outcomeOf(facts: OutcomeFacts): Outcome {
  const { status, failed } = facts.failure
  if (status === 'ok') return 'ok'
  if (failed) return firstOf(FAILED_RULES, failedFacts(facts)) ?? 'unknown_error'
  return firstOf(RULES, facts) ?? 'ok'
}

type Rule<F> = (facts: F) => Outcome | null

function firstOf<F>(rules: readonly Rule<F>[], facts: F): Outcome | null {
  for (const rule of rules) {
    const outcome = rule(facts)
    if (outcome !== null) return outcome
  }
  return null
}

const NUMBER = /^-?\d+$/

function failedFacts(facts: OutcomeFacts): FailedFacts {
  const names = namesOf(facts.span, facts.failure)
  const messages = messagesOf(facts.span, facts.failure)
  const inMessages = messages.map((message) => codesIn(message).name).filter((name) => name !== '')
  const types = [...names.filter((name) => !NUMBER.test(name)), ...inMessages]
  return { ...facts, names, types, messages, words: messages.map((message) => message.toLowerCase()) }
}

const byEnvoyFlags: Rule<OutcomeFacts> = ({ span }) => outcomeOfEnvoyFlags(read(span.attributes, NAMES.responseFlags))

const byClearType: Rule<FailedFacts> = ({ types, words }) => {
  for (const row of CLEAR_TYPES) {
    if (types.some((type) => classOfClearType(type) === row.outcome)) return row.outcome
    if (row.outcome === 'circuit_open' && words.some((text) => BREAKER_MESSAGE.test(text))) return row.outcome
  }
  return null
}

/** A gRPC call has an HTTP status of its own only where a proxy answered in the server's place. */
const byHttpStatus: Rule<OutcomeFacts> = ({ protocol, httpStatus, rpcStatus }) =>
  protocol === 'grpc' && rpcStatus !== '' ? null : outcomeOfHttpStatus(httpStatus)

const byRpcStatus: Rule<FailedFacts> = ({ rpcStatus, words }) =>
  rpcStatus === '' ? null : outcomeOfGrpcCode(rpcStatus, () => says(words, 'connection'))

/** A code alone, where the span is not in error. */
const byBareRpcStatus: Rule<OutcomeFacts> = ({ rpcStatus }) =>
  rpcStatus === '' ? null : outcomeOfGrpcCode(rpcStatus, () => false)

const bySystemCode: Rule<FailedFacts> = (facts) => {
  if (facts.protocol === 'messaging') return byBrokerCode(facts)
  return facts.protocol === 'db' ? (byDbCode(facts) ?? byDbWords(facts)) : null
}

const byBrokerCode: Rule<FailedFacts> = ({ types, messages }) =>
  firstClass(types, classOfMessagingType) ?? firstClass(messages, classOfMessagingMessage)

const byDbCode: Rule<FailedFacts> = ({ span, system, names, messages, words }) => {
  const saysStatementTimeout = () =>
    words.some((text) => text.includes('statement timeout') || text.includes('statement_timeout'))
  const reported = read(span.attributes, NAMES.dbStatus)
  for (const code of reported === '' ? names : [reported, ...names]) {
    const outcome = outcomeOfDbCode(system, code, saysStatementTimeout)
    if (outcome !== null) return outcome
  }
  for (const message of messages) {
    const outcome = outcomeOfDbMessage(system, message, saysStatementTimeout)
    if (outcome !== null) return outcome
  }
  return null
}

/** A client's deadline is one, whatever its message says of the connection. */
const byDbWords: Rule<FailedFacts> = ({ types, words }) => {
  const byType = firstClass(types, classOfDbType)
  if (byType !== null || types.some((type) => CLASSES.db.type(type) === 'timeout')) return byType
  return firstClass(words, classOfDbMessage)
}

const byTypeOrMessage: Rule<FailedFacts> = (facts) => {
  const outcome = classify(facts)
  if (outcome !== 'cancelled') return outcome
  if (says(facts.words, 'timeout')) return 'timeout'
  return isAmbiguous(facts) ? 'timeout' : outcome
}

function classify(facts: FailedFacts): Outcome | null {
  const { types, protocol, system } = facts
  const classes = protocol === 'db' ? CLASSES.db : CLASSES.all
  const isAws = protocol === 'aws' || system.startsWith('aws.')
  let byMessage: Outcome | null | undefined
  for (const type of types) {
    if (isVague(type)) {
      byMessage ??= classOfMessages(facts)
      if (byMessage !== null) return byMessage
    }
    const outcome = (isAws ? classOfAwsType(type) : null) ?? classes.type(type)
    if (outcome !== null) return outcome
  }
  return byMessage ?? classOfMessages(facts) ?? (protocol === 'db' ? firstClass(types, classOfVagueDbType) : null)
}

/** Codes in messages, then their words. */
function classOfMessages({ messages, words, protocol, system }: FailedFacts): Outcome | null {
  const classes = protocol === 'db' ? CLASSES.db : CLASSES.all
  const isAws = protocol === 'aws' || system.startsWith('aws.')
  for (const message of messages) {
    const { name, httpStatus, grpcCode } = codesIn(message)
    const byName = name === '' ? null : ((isAws ? classOfAwsType(name) : null) ?? classes.type(name))
    const outcome =
      byName ??
      (protocol === 'messaging' ? null : outcomeOfHttpStatus(httpStatus)) ??
      (grpcCode === '' ? null : outcomeOfGrpcCode(grpcCode, () => says(words, 'connection')))
    if (outcome !== null) return outcome
  }
  return firstClass(words, classes.message)
}

/**
 * An HTTP client's own timeout that is reported as a cancellation: taken for a timeout, or else an integration that hangs
 * would leave the SLI and look perfect.
 */
const isAmbiguous = ({ protocol, direction, types, words }: FailedFacts): boolean =>
  direction === 'outbound' &&
  protocol === 'http' &&
  types.some((type) => AMBIGUOUS_CANCELS.test(typeWords(type))) &&
  !words.some((text) => MEANT_CANCEL.test(text))

/** Values for "no response"; any other number is a response that no convention knows. */
const NO_RESPONSE = /^(?:0+|-1)$/

/** In place of a status stands that nothing came back. */
const byNoResponse: Rule<OutcomeFacts> = ({ span, failure, direction, protocol, httpStatus }) => {
  if (direction === 'inbound' || protocol !== 'http' || httpStatus !== 0) return null
  const stated = statedHttpStatus(span, failure)
  return NO_RESPONSE.test(stated) || (failure.isMicrometer && stated !== '' && !NUMBER.test(stated))
    ? 'connection'
    : null
}

/**
 * A client that saw no status was cut off (browsers report 0, Spring a word) or gave up itself: OpenTelemetry's own
 * instrumentations write the status of every response. Brave writes it of failures only.
 */
const byMissingStatus: Rule<OutcomeFacts> = (facts) => {
  const { span, failure, direction, protocol, httpStatus } = facts
  if (direction === 'inbound' || protocol !== 'http' || httpStatus !== 0) return null
  const outcome = byNoResponse(facts)
  if (outcome !== null) return outcome
  if (NUMBER.test(statedHttpStatus(span, failure))) return 'unknown_error'
  return writesEveryStatus(span) ? 'cancelled' : null
}

/** `http.request.method`, or `http.method` with `http.url` or `http.target`, and not Brave's `http.path`. */
function writesEveryStatus({ attributes }: SpanFacts): boolean {
  const [current = ''] = NAMES.httpMethod
  if (attributes.get(current)) return true
  if (read(attributes, NAMES.httpMethod) === '' || read(attributes, NAMES.httpPath) !== '') return false
  return read(attributes, NAMES.httpUrl) !== '' || read(attributes, NAMES.httpTarget) !== ''
}

const RULES: readonly Rule<OutcomeFacts>[] = [byEnvoyFlags, byHttpStatus, byBareRpcStatus, byMissingStatus]
const FAILED_RULES: readonly Rule<FailedFacts>[] = [
  byEnvoyFlags,
  byClearType,
  byHttpStatus,
  byRpcStatus,
  bySystemCode,
  byTypeOrMessage,
  byNoResponse,
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
/** "Broker: Not leader for partition" → `broker:_not_leader_for_partition`. */
const asType = (text: string): string => text.toLowerCase().replace(/[\s-]+/g, '_')
const withoutSchema = (rules: readonly WordRule[]) => rules.filter(({ outcome }) => outcome !== 'schema')

const isVague: (type: string) => boolean = boundedMemo((type) => VAGUE_TYPES.test(typeWords(type)), { entries: 512 })
const classOfClearType = remembered(CLEAR_TYPES, typeWords)
const classOfAwsType = remembered(AWS_TYPES, typeWords)
const classOfMessagingType = remembered(MESSAGING_TYPES_OUTCOMES, typeWords)
const classOfMessagingMessage = remembered(MESSAGING_TYPES_OUTCOMES, asType)
const classOfDbType = remembered(DB_TYPES, typeWords)
const classOfDbMessage = remembered(DB_MESSAGES, asIs)
const classOfVagueDbType = remembered(DB_VAGUE_TYPES, typeWords)
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

const PATTERN_OF = {
  timeout: MESSAGES.find(({ outcome }) => outcome === 'timeout')!.pattern,
  connection: MESSAGES.find(({ outcome }) => outcome === 'connection')!.pattern,
}

const says = (words: readonly string[], outcome: keyof typeof PATTERN_OF): boolean =>
  words.some((text) => PATTERN_OF[outcome].test(text))
