import { compilePattern, type Pattern } from '../pattern/pattern.ts'
import { generationsOf, NAMES } from './attribute-names.ts'
import { type Attributes, cut, read } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'
import type { CallDetails } from './call.ts'
import { wildcard } from './call-rules.ts'
import { redactQuery } from './redacted-query.ts'
import { mayHoldSecret, redactText } from './redacted-text.ts'
import { hide, type Mark, redactConnection, redactUrl } from './redacted-url.ts'
import { isSecretAttribute, isSecretName } from './secret-names.ts'

// Hot path: runs for every attribute of every span. `test/bench/redaction.ts` measures it.

/** What a configuration hides beyond what is always hidden. */
export interface RedactionRules {
  /** Names of attributes whose values are hidden; `*` stands for any run of characters, case does not matter. */
  keys: readonly string[]
  /** Regular expressions as RE2 has them; what they match is hidden in every text. */
  patterns: readonly string[]
}

export const NO_REDACTION_RULES: RedactionRules = { keys: [], patterns: [] }

/** What was hidden, when equal values need not be told apart. */
export const REDACTED = '[redacted]'

/** With patterns, texts end here: what is not searched is not stored. */
export const SEARCHED_MAX_CHARS = 4096

export interface Redaction {
  /** Hides in place what these attributes must not be stored with. */
  attributes(attributes: Map<string, string>): void
  /** A free text, such as a name or a message. */
  text(text: string): string
  /** The same, for texts that need not be made while they are bytes. */
  readonly freeText: ValueRule
  /** What is stored of a call's correlation id and promoted attributes; the span's as sent tell where they came from. */
  details(details: CallDetails, sent: Attributes): CallDetails
  /** What becomes of the values of attributes of this name. */
  ruleOf(name: string): ValueRule
}

export interface ValueRule {
  /** A text in which `hintAtSecret` sees nothing is stored as it is. */
  isPlainText: boolean
  /** What else decides how a value is stored: '' for all but queries, whose system tells how they are written. */
  contextOf(attributes: Attributes): string
  /** What is stored of a value. */
  stored(value: string, context: string): string
}

const NO_CONTEXT = (): string => ''

type Rule = (value: string, context: string) => string

/** Texts up to this length repeat in span after span: names and messages. */
const SHORT_CHARS = 256
/** Stack traces, which repeat in an outage, when there is the least time for them. 4 MB at most. */
const LONG_TEXTS = { entries: 128, maxKeyChars: 8192 }

/** Compiles the rules. `mark` gives what is stored in place of a secret. */
export function compileRedaction(rules: RedactionRules, mark: Mark = () => REDACTED): Redaction {
  const scrub = scrubber(rules.patterns, mark)
  const short = boundedMemo(scrub, { maxKeyChars: SHORT_CHARS })
  const long = boundedMemo(scrub, LONG_TEXTS)
  const text = (value: string): string => (value.length <= SHORT_CHARS ? short(value) : long(value))
  const isConfigured = configuredKeys(rules.keys)
  const isAlwaysSearched = rules.patterns.length > 0
  const freeText: ValueRule = {
    isPlainText: !isAlwaysSearched,
    contextOf: NO_CONTEXT,
    stored: (value) => {
      if (!isAlwaysSearched && !mayHoldSecret(value)) return value
      return text(value)
    },
  }
  const ruleOf = boundedMemo((name): ValueRule => {
    const own = { isPlainText: false, contextOf: NO_CONTEXT }
    if (isConfigured(name)) return { ...own, stored: (value) => hide(value, mark) }
    if (QUERY_TEXT.has(name)) {
      return { ...own, contextOf: systemOf, stored: (value, system) => scrub(redactQuery(value, system)) }
    }
    const rule = ruleFor(name, scrub, mark)
    return rule === scrub ? freeText : { ...own, stored: rule }
  })
  const hiddenIds = NAMES.correlationId.filter((name) => isConfigured(name) || isSecretName(name))

  function attributes(map: Map<string, string>): void {
    for (const [name, value] of map) {
      const rule = ruleOf(name)
      const stored = rule.stored(value, rule.contextOf(map))
      if (stored !== value) map.set(name, stored)
    }
  }

  function promoted(kept: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
    if (kept.size === 0) return kept
    const stored = new Map(kept)
    attributes(stored)
    return stored
  }

  function details(made: CallDetails, sent: Attributes): CallDetails {
    if (made.correlationId === '' && made.attributes.size === 0) return made
    return { ...made, correlationId: storedId(made.correlationId, sent), attributes: promoted(made.attributes) }
  }

  function storedId(correlationId: string, sent: Attributes): string {
    if (correlationId === '') return ''
    const isHidden = hiddenIds.some((name) => read(sent, [name]).startsWith(correlationId))
    return isHidden ? '' : scrub(correlationId)
  }

  return { attributes, text: (value) => (value === '' ? value : text(value)), details, freeText, ruleOf }
}

/** A configured name means its former and later ones, too, as promoted attributes do. */
function configuredKeys(keys: readonly string[]): (name: string) => boolean {
  const fits = keys
    .flatMap((key) => [...generationsOf(key, 'outbound'), ...generationsOf(key, 'inbound')])
    .map((key) => wildcard(key))
  const isNamed = (name: string) => fits.some((matches) => matches(name))
  return (name) =>
    isNamed(name) || [...generationsOf(name, 'outbound'), ...generationsOf(name, 'inbound')].some(isNamed)
}

function scrubber(patterns: readonly string[], mark: Mark): (text: string) => string {
  if (patterns.length === 0) return (text) => redactText(text, mark)
  const searches = patterns.map(compilePattern)
  return (text) => {
    const searched = redactText(cut(text, SEARCHED_MAX_CHARS), mark)
    return searches.reduce((result, search) => outsideMarks(result, search, mark), searched)
  }
}

const MARKS = /(\[(?:redacted|hash:[0-9a-f]{16})\])/

/** What is hidden already is not searched again, so that a pattern cannot hide the marks of others. */
const outsideMarks = (text: string, search: Pattern, mark: Mark): string =>
  text
    .split(MARKS)
    .map((part, index) => (index % 2 === 1 ? part : search.replaceIn(part, (found) => hide(found, mark))))
    .join('')

const URL_NAME =
  /(?:^|[._-])(?:url|uri|href|referr?er)$|^url\.full$|^http\.(?:target|path)$|^url\.path$|(?:^|\.):path$/i
const QUERY_NAME = /(?:^|\.)query[._-]?(?:string|params|parameters)$|^(?:url|http)\.query$|\.query_?parameters?\./i
const CONNECTION_NAME = /(?:^|[._-])(?:connection[._-]?string|dsn)$/i
/** `db.query.parameter.<key>` and its kin: values as they were bound. */
const PARAMETER_NAME = /^db\.(?:query|operation|statement|sql)\.param(?:eter)?s?(?:\.|$)/i
const systemOf = (attributes: Attributes): string => read(attributes, NAMES.dbSystem)
const QUERY_TEXT: ReadonlySet<string> = new Set([...NAMES.dbQuery, 'db.sql.query', 'sql.query'])

function ruleFor(name: string, scrub: Mark, mark: Mark): Rule {
  const whole: Rule = (value) => hide(value, mark)
  if (isSecretName(name) || isSecretAttribute(name))
    return (value) => (value === 'true' || value === 'false' ? value : hide(value, mark))
  if (QUERY_NAME.test(name) || PARAMETER_NAME.test(name)) return whole
  if (CONNECTION_NAME.test(name)) return (value) => scrub(eachOf(value, (text) => redactConnection(text, mark)))
  if (URL_NAME.test(name)) return (value) => scrub(eachOf(value, (text) => redactAddress(text, mark)))
  return scrub
}

/** JDBC has addresses of its own. */
const redactAddress = (url: string, mark: Mark): string =>
  url.startsWith('jdbc:') ? redactConnection(url, mark) : redactUrl(url, mark)

/** The value, or each element of an array's text. */
function eachOf(value: string, redact: (text: string) => string): string {
  if (value.charCodeAt(0) !== 91) return redact(value)
  try {
    const elements: unknown = JSON.parse(value)
    if (Array.isArray(elements))
      return JSON.stringify(elements.map((item) => (typeof item === 'string' ? redact(item) : item)))
  } catch {
    // Not an array after all.
  }
  return redact(value)
}
