import { beginsMark, hide, isMark, type Mark, redactPaths, redactUrls } from './redacted-url.ts'
import { fillsItsLine, isSecretName } from './secret-names.ts'

// Hot path: every text of every span passes `mayHoldSecret`. `test/bench/redaction.ts` measures it.

/** No key format is shorter. */
const KEY_MIN_CHARS = 20

/** What a character says about its text, as bits of `hintsOf`. */
const SEPARATES = 1
const NOT_OF_AN_ID = 2
/** No ASCII. */
export const BEYOND_ASCII = 4

/** The hint of each byte of UTF-8. */
export const HINTS: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code > 127) return NOT_OF_AN_ID | BEYOND_ASCII
  const separates = '\t\n ":=?@'.includes(String.fromCharCode(code)) ? SEPARATES : 0
  return separates | (/[0-9a-f-]/.test(String.fromCharCode(code)) ? 0 : NOT_OF_AN_ID)
})

/** Whether a text of so many characters can hold anything this file hides, by the hints of its characters. */
export const hintAtSecret = (hints: number, chars: number): boolean =>
  (hints & SEPARATES) !== 0 || (chars >= KEY_MIN_CHARS && (hints & NOT_OF_AN_ID) !== 0)

/** The same of a text: one pass over its characters, so that most texts cost nothing more. */
export function mayHoldSecret(text: string): boolean {
  const size = text.length
  let hints = 0
  for (let i = 0; i < size; i++) {
    const code = text.charCodeAt(i)
    hints |= code < 128 ? HINTS[code]! : NOT_OF_AN_ID
  }
  return hintAtSecret(hints, size)
}

/**
 * Keys that are known by their form. Sources: GitHub's list of secret scanning patterns
 * (https://docs.github.com/en/code-security/secret-scanning/introduction/supported-secret-scanning-patterns), RFC 7519, RFC 7468.
 */
const KEY_FORMATS = [
  String.raw`eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)*`, // JSON Web Token
  '(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}', // AWS
  String.raw`gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}`,
  String.raw`xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}`, // Slack
  '(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{16,}', // Stripe, Standard Webhooks
  String.raw`sk-[\w-]{16,}`, // OpenAI, Anthropic
  String.raw`AIza[\w-]{30,}|ya29\.[\w.-]{20,}|GOCSPX-[\w-]{20,}`, // Google
  String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`, // SendGrid
  'SK[0-9a-f]{32}', // Twilio
  String.raw`npm_[A-Za-z0-9]{30,}|pypi-[\w-]{20,}|hf_[A-Za-z0-9]{30,}|hv[bsr]\.[\w-]{20,}`,
  String.raw`do[opr]_v1_[0-9a-f]{40,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|sq0[a-z]{3}-[\w-]{22,}|dapi[0-9a-f]{32}`,
]
const KEY = new RegExp(`(?<![A-Za-z0-9])(?:${KEY_FORMATS.join('|')})`)
const KEYS = new RegExp(KEY.source, 'g')

/** Addresses that are secrets themselves: whoever knows them may post. */
const SECRET_PATH =
  /(?<=hooks\.slack\.com\/services\/|discord(?:app)?\.com\/api\/webhooks\/|api\.telegram\.org\/bot)[\w/:-]+/g

const SECRET_HOSTS = ['hooks.slack.com/', '/api/webhooks/', 'api.telegram.org/']

const PRIVATE_KEY = '-----BEGIN '

/** What stands behind the scheme of an Authorization header. Source: RFC 9110, 11.6.2; the schemes of its registry. */
const CREDENTIALS = /(?<![A-Za-z0-9])(Bearer|Basic|Negotiate|Token|ApiKey)(\s{1,4})([\w+/=.~-]{6,})/gi
/** Words that follow a scheme where people write about it, and the parameters of a challenge. */
const NO_CREDENTIALS =
  /^(?:auth|authentication|authori[sz]ation|challenge|credentials?|expired|format|headers?|invalid|missing|required|scheme|tokens?|realm=|error=|scope=|charset=)$/i

/** `user:password@tcp(host)` of Go's MySQL driver. */
const DSN_USER = /(?<![^\s"'=])[^\s"'@/]+(?=@(?:tcp|unix)\()/g

/** The name in front of a value: `password=`, `"api_key": `, `Authorization: `, `\"token\":\"`, `--token=`. */
const NAMED = /(?<![\w.-])[.-]*(\w[\w.-]*)\\*["']?\s{0,4}[:=]{1,2}>?\s{0,4}/g
/** `--password x` in command lines, also as a list. */
const OPTION = /(?<![\w.-])--([A-Za-z][\w-]*)(?:\s+|["'],\s*)(?=[^\s-])/g

/** What a field of a secret's name says when it holds none. */
const NO_SECRET = /^(?:true|false|yes|no|null|nil|none|undefined|\*+|\?)\)?$/i

/** Hides the secrets within a free text: URLs keep scheme, host and path; of `name=value` the name stays. Linear in its length. */
export function redactText(text: string, mark: Mark): string {
  if (!mayHoldSecret(text)) return text
  let result = text
  if (result.includes(PRIVATE_KEY)) result = redactPrivateKeys(result, mark)
  if (result.includes('://')) result = redactUrls(result, mark)
  if (result.includes('?')) result = redactPaths(result, mark)
  if (result.includes(' ')) result = result.replace(CREDENTIALS, credentials(mark))
  if (result.length >= KEY_MIN_CHARS) result = redactKeys(result, mark)
  if (result.includes('@')) result = result.replace(DSN_USER, (user) => hide(user, mark))
  if (mayNameValue(result)) result = redactNamed(result, NAMED, mark)
  return result.includes('--') ? redactNamed(result, OPTION, mark) : result
}

const redactKeys = (text: string, mark: Mark): string => {
  const result = KEY.test(text) ? text.replace(KEYS, (key) => hide(key, mark)) : text
  return SECRET_HOSTS.some((host) => result.includes(host))
    ? result.replace(SECRET_PATH, (path) => hide(path, mark))
    : result
}

/** Has an `=`, or a `:` other than that of a URL. */
function mayNameValue(text: string): boolean {
  if (text.includes('=')) return true
  let colon = text.indexOf(':')
  while (colon >= 0 && text.charCodeAt(colon + 1) === 47) colon = text.indexOf(':', colon + 1)
  return colon >= 0
}

const credentials = (mark: Mark) => (whole: string, scheme: string, blank: string, secret: string) => {
  if (NO_CREDENTIALS.test(secret)) return whole
  // `token` is a word of every parser's messages.
  if (/^token$/i.test(scheme) && (secret.length < KEY_MIN_CHARS || !/\d/.test(secret))) return whole
  return `${scheme}${blank}${hide(secret, mark)}`
}

function redactPrivateKeys(text: string, mark: Mark): string {
  let result = ''
  let done = 0
  for (let start = text.indexOf(PRIVATE_KEY); start >= 0; start = text.indexOf(PRIVATE_KEY, done)) {
    const footer = text.indexOf('-----END ', start)
    const end = footer < 0 ? text.length : endOfFooter(text, footer + 9)
    const block = text.slice(start, end)
    result += text.slice(done, start) + (block.slice(0, 60).includes('PRIVATE KEY') ? mark(block) : block)
    done = end
  }
  return result + text.slice(done)
}

function endOfFooter(text: string, from: number): number {
  const dashes = text.indexOf('-----', from)
  return dashes < 0 ? text.length : dashes + 5
}

function redactNamed(text: string, pattern: RegExp, mark: Mark): string {
  let result = ''
  let done = 0
  for (const match of text.matchAll(pattern)) {
    const from = match.index + match[0].length
    if (from < done || !(isSecretName(match[1]!) || isSecretProperty(match[0], match[1]!))) continue
    const { start, end } = valueAt(text, from, match[1]!)
    const value = text.slice(start, end)
    if (end <= Math.max(start, done) || NO_SECRET.test(value) || isMark(value)) continue
    result += text.slice(done, start) + mark(value)
    done = end
  }
  return done === 0 ? text : result + text.slice(done)
}

/** `-Dpassword=` of Java. */
const isSecretProperty = (whole: string, name: string): boolean => whole.startsWith('-D') && isSecretName(name.slice(1))

interface Extent {
  start: number
  end: number
}

/** Where the value that begins at `from` stands; quotes are not part of it. */
function valueAt(text: string, from: number, name: string): Extent {
  let start = from
  while (text[start] === '\\') start++
  const quote = text[start]
  if (quote === '"' || quote === "'") return { start: start + 1, end: quoteEnd(text, start, start > from) }
  if (quote === '[' || quote === '{') {
    const closed = beginsMark(text, start) ? text.indexOf(']', start) + 1 : bracketEnd(text, start)
    return { start, end: firstFrom(text, closed, /[\s"'<>&,;\]})]/) }
  }
  return { start: from, end: firstFrom(text, from, fillsItsLine(name) ? /[\r\n]/ : /[\s"'<>&,;]/) }
}

/** Index of the first character that fits, else the length. */
function firstFrom(text: string, from: number, fits: RegExp): number {
  const found = text.slice(from).search(fits)
  return found < 0 ? text.length : from + found
}

/** Index of the closing quote. Inside quoted JSON quotes are `\"`, so there the first one closes. */
function quoteEnd(text: string, start: number, isEscaped: boolean): number {
  const quote = text[start]
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') {
      if (isEscaped && text[at + 1] === quote) return at
      at++
    } else if (text[at] === quote) return at
  }
  return text.length
}

/** Behind the bracket that closes the one at `start`. */
function bracketEnd(text: string, start: number): number {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (char === '"') at = quoteEnd(text, at, false)
    else if (char === '[' || char === '{') depth++
    else if ((char === ']' || char === '}') && --depth === 0) return at + 1
  }
  return text.length
}
