import { redactCommands } from './redacted-commands.ts'
import { NUMBER_MIN_CHARS, redactNumbers } from './redacted-numbers.ts'
import { hide, type Mark, redactPaths, redactUrls } from './redacted-url.ts'
import { redactValues } from './redacted-values.ts'

// Hot path: every text of every span passes `mayHoldSecret`. `test/bench/redaction.ts` measures it.

/** No key format is shorter. */
const KEY_MIN_CHARS = 20

/** What a character says about its text, as bits of `hintsOf`. */
const SEPARATES = 1
const NOT_OF_AN_ID = 2
/** No ASCII. */
export const BEYOND_ASCII = 4
const LOWER = 8
const UPPER = 16
const DIGIT = 32

/** The hint of each byte of UTF-8. */
export const HINTS: Uint8Array = Uint8Array.from({ length: 256 }, (_, code) => {
  if (code > 127) return NOT_OF_AN_ID | BEYOND_ASCII
  const separates = '\t\n "%&\':<=?@'.includes(String.fromCharCode(code)) ? SEPARATES : 0
  const char = String.fromCharCode(code)
  const kind = /[a-z]/.test(char) ? LOWER : /[A-Z]/.test(char) ? UPPER : /\d/.test(char) ? DIGIT : 0
  return separates | kind | (/[0-9a-f-]/.test(char) ? 0 : NOT_OF_AN_ID)
})

/** Whether a text of so many characters can hold anything this file hides, by the hints of its characters. */
export const hintAtSecret = (hints: number, chars: number): boolean =>
  (hints & SEPARATES) !== 0 ||
  (chars >= NUMBER_MIN_CHARS &&
    ((chars >= KEY_MIN_CHARS && (hints & NOT_OF_AN_ID) !== 0) || (hints & (LOWER | DIGIT)) === DIGIT))

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
const DSN_USER = /(?<![^\s"'@/])[^\s"'@/]+(?=@(?:tcp|unix)\()/g

/** `user:password@host`, where no scheme tells that it is an address. What is written so besides. */
const LOGIN =
  /(?<=^|[\s"'=(,</])(?!(?:mailto|sips?|xmpp|acct|tel|npm|pkg|file|git|workspace):)[^\s"'@/<>=(,:]{1,64}:[^\s"'@/<>]{1,128}(?=@(?!sha\d+:)[\w-]+(?:\.[\w-]|:\d|\/))/gi
/** Of Oracle's JDBC: `scott/tiger` before the `@`. */
const ORACLE_LOGIN = /(?<=jdbc:oracle:(?:thin|oci8?):)[^\s"'@]{1,256}(?=@)/gi

/** Hides the secrets within a free text: URLs keep scheme, host and path; of `name=value` the name stays. Linear in its length. */
export function redactText(text: string, mark: Mark): string {
  if (!mayHoldSecret(text)) return text
  let result = text
  if (result.includes(PRIVATE_KEY)) result = redactPrivateKeys(result, mark)
  if (result.includes('://')) result = redactUrls(result, mark)
  if (result.includes('?')) result = redactPaths(result, mark)
  if (result.includes(' ')) result = result.replace(CREDENTIALS, credentials(mark))
  if (result.length >= KEY_MIN_CHARS) result = redactKeys(result, mark)
  const looks = result.length >= NUMBER_MIN_CHARS ? looksOf(result) : 0
  if ((looks & MANY_DIGITS) !== 0) result = redactNumbers(result, mark)
  if (result.includes('@')) result = redactLogins(result, mark)
  if (result.includes('-') && ENDS_BEFORE_OPTION.test(result)) result = redactCommands(result, mark)
  if ((looks & LONG_RUN) !== 0) result = redactEncoded(result, mark)
  return redactValues(result, mark)
}

const MANY_DIGITS = 1
const LONG_RUN = 2
/** No card number and no IBAN has fewer. */
const MIN_DIGITS = 12
/** Of a character of ASCII, as bits: 1 for a digit, 2 for what Base64 is written in. */
const RUNS: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const char = String.fromCharCode(code)
  return (/\d/.test(char) ? 1 : 0) | (/[A-Za-z\d+/]/.test(char) ? 2 : 0)
})

/** Whether a text has digits enough for a number, and a run long enough for Base64: one pass, cheaper than the expressions. */
function looksOf(text: string): number {
  let digits = 0
  let run = 0
  let longest = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    const kind = code < 128 ? RUNS[code]! : 0
    digits += kind & 1
    run = (kind & 2) !== 0 ? run + 1 : 0
    if (run > longest) longest = run
  }
  return (digits >= MIN_DIGITS ? MANY_DIGITS : 0) | (longest >= KEY_MIN_CHARS ? LONG_RUN : 0)
}

/** An option of one letter, or `--user`. */
const ENDS_BEFORE_OPTION = /[\s"']-(?:[A-Za-z]|-user|-proxy-user)|^-[uU]/

/** Bytes are stored as Base64, and people send texts so. */
const BASE64 = /(?<![\w+/=])[A-Za-z0-9+/]{20,4096}={0,2}(?![\w+/=])/g
/** Hides Base64 of texts that hold a secret. */
const redactEncoded = (text: string, mark: Mark): string =>
  text.replace(BASE64, (found) => {
    const decoded = printableOf(found)
    return decoded !== '' && redactText(decoded, () => '') !== decoded ? hide(found, mark) : found
  })

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const SIXES: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) =>
  Math.max(0, ALPHABET.indexOf(String.fromCharCode(code))),
)

/** The text of ASCII that Base64 stands for; '' where it stands for other bytes, which mostly shows in the first of them. */
function printableOf(encoded: string): string {
  let text = ''
  let bits = 0
  let filled = 0
  for (let i = 0; i < encoded.length && encoded[i] !== '='; i++) {
    bits = ((bits << 6) | SIXES[encoded.charCodeAt(i)]!) & 0xfff
    filled += 6
    if (filled < 8) continue
    filled -= 8
    const byte = (bits >> filled) & 0xff
    if ((byte < 32 && byte !== 9 && byte !== 10 && byte !== 13) || byte > 126) return ''
    text += String.fromCharCode(byte)
  }
  return text
}

const redactLogins = (text: string, mark: Mark): string =>
  [DSN_USER, ORACLE_LOGIN, LOGIN].reduce((result, login) => result.replace(login, (user) => hide(user, mark)), text)

const redactKeys = (text: string, mark: Mark): string => {
  const result = KEY.test(text) ? text.replace(KEYS, (key) => hide(key, mark)) : text
  return SECRET_HOSTS.some((host) => result.includes(host))
    ? result.replace(SECRET_PATH, (path) => hide(path, mark))
    : result
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
