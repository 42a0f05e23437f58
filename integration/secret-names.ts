import { boundedMemo } from './bounded-memo.ts'

/** A name says no more about its value than its last characters do. */
const READ_CHARS = 256

/** A name that ends in one of these words holds a secret: `db.password`, `x-auth-token`, `clientSecret`. */
const SECRET_WORDS: ReadonlySet<string> = new Set([
  ...['password', 'passwords', 'passwd', 'passwort', 'passphrase', 'passcode', 'pwd', 'dbpass'],
  ...['secret', 'secrets', 'clientsecret', 'credential', 'credentials', 'creds', 'cvv', 'cvc'],
  ...['token', 'accesstoken', 'authtoken', 'bearertoken', 'idtoken', 'refreshtoken', 'sessiontoken', 'jwt', 'bearer'],
  ...['apikey', 'apikeys', 'accesskey', 'accountkey', 'privatekey', 'secretkey', 'sharedaccesskey', 'signingkey'],
  ...['authorization', 'authorisation', 'cookie', 'cookies', 'csrf', 'xsrf'],
  ...['cardnumber', 'creditcard', 'iban', 'ssn', 'passkey', 'pincode', 'sas', 'samlresponse'],
  ...['sessionid', 'sessid', 'jsessionid', 'phpsessid', 'otp', 'totp'],
])

/** Words that are written together with what stands before them: `PGPASSWORD`, `stripeapikey`. */
const SECRET_ENDING = /(?:password|passwd|passphrase|apikey|secretkey|privatekey|accesstoken|authtoken|refreshtoken)s?$/

/** The same in two words: `session.id`, `x-api-key`. */
const SECRET_PAIRS: ReadonlySet<string> = new Set([
  ...['api key', 'api keys', 'access key', 'account key', 'auth key', 'encryption key', 'functions key', 'master key'],
  ...['private key', 'secret key', 'session key', 'shared key', 'signing key', 'ssh key', 'subscription key'],
  ...['access tokens', 'api tokens', 'auth tokens', 'bearer tokens', 'id tokens', 'refresh tokens', 'session tokens'],
  ...[
    'basic auth',
    'db pass',
    'user pass',
    'session id',
    'previous id',
    'connect sid',
    'security token',
    'card number',
    'credit card',
    'client assertion',
    'pin code',
    'sas key',
    'hmac key',
  ],
])

/** Words behind the secret's name that do not make it another thing: `password.hash`, `token_id`. */
const SAME_THING: ReadonlySet<string> = new Set([
  ...['value', 'values', 'text', 'raw', 'string', 'header', 'plain', 'plaintext', 'encoded', 'encrypted', 'base64'],
  ...['hash', 'id', 'ids', 'json', 'old', 'new', 'current', 'previous', 'confirmation'],
])

/** Namespaces that count tokens or state probabilities. `previous id` above is only meant for sessions. */
const HARMLESS = /^(?:sampling|sampler|gen_ai\.(?:usage|token)|llm\.(?:usage|token_count))\./

/** Names under which requests and responses keep what only their receiver should know, such as a signature. */
const HEADER = /\.(?:header|metadata)\./
const SECRET_HEADER =
  /(?:^|[-_.])(?:signature(?:-256|_256)?|(?:auth|api|access|secret|account|app)[-_]?key|x[-_]auth|auth)$/

/** Names of attributes that are secrets there, and in a text may be a word like others: `auth=basic`. */
const ATTRIBUTE = /(?:^|[._-])(?:auth|sig|signature|hmac)$/i
/** What describes code has a signature, too. */
const OF_CODE = /^(?:code|function|method|java|python|go)\b|(?:function|method|type|call)[._-]signature$/i

/** Whether an attribute of this name holds a secret although a text may use the name for other things. */
export const isSecretAttribute = (name: string): boolean =>
  ATTRIBUTE.test(name.slice(-READ_CHARS)) && !OF_CODE.test(name.slice(0, READ_CHARS))

/** The name's words in lower case: `X-Api-Key`, `x_api_key`, `xApiKey` → x api key. */
const wordsOf = (name: string): string[] =>
  name
    .slice(-READ_CHARS)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')

/** Whether the name's words end in a secret, whatever stands before. */
function endsInSecret(words: readonly string[]): boolean {
  for (let end = words.length; end > 0; end--) {
    const word = words[end - 1]!
    if (isSecretWord(word.replace(/\d+$/, ''))) return true
    if (end > 1 && isSecretPair(words[end - 2]!, word, words[end - 3])) return true
    if (!SAME_THING.has(word) && !/^\d+$/.test(word)) return false
  }
  return false
}

const isSecretWord = (word: string): boolean => SECRET_WORDS.has(word) || SECRET_ENDING.test(word)

const isSecretPair = (first: string, second: string, before: string | undefined): boolean =>
  SECRET_PAIRS.has(`${first} ${second}`) && (first !== 'previous' || before === 'session')

/**
 * Whether an attribute, header, parameter or field of this name holds a secret. Its last words decide:
 * `db.user.password` and `http.request.header.x-api-key` do, `password_length`, `max_tokens` and `k8s.secret.name` do not.
 */
export const isSecretName: (name: string) => boolean = boundedMemo((name) => {
  if (HARMLESS.test(name)) return false
  return endsInSecret(wordsOf(name)) || (HEADER.test(name) && SECRET_HEADER.test(name.slice(-READ_CHARS).toLowerCase()))
})

/** Secrets that fill the rest of their line when written as a header: `Cookie: a=1; b=2`. */
export const fillsItsLine = (name: string): boolean =>
  /(?:^|[-_ ])(?:authori[sz]ation|cookie)$/i.test(name.slice(-READ_CHARS))
