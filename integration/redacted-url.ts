/** Replaces a secret by a mark. */
export type Mark = (secret: string) => string

/** What marks look like; whatever has this form was hidden before and stays. */
const MARK = /^\[(?:redacted|hash:[0-9a-f]{16})\]$/

export const isMark = (text: string): boolean => text.length <= 23 && MARK.test(text)

/** Whether something was hidden at `at`. */
export const beginsMark = (text: string, at: number): boolean => isMark(text.slice(at, text.indexOf(']', at) + 1))

/** The mark of `secret`; marks and nothing stay as they are. */
export const hide = (secret: string, mark: Mark): string => (secret === '' || isMark(secret) ? secret : mark(secret))

/**
 * One URL or path without user info, query and fragment: scheme, host and path stay.
 * `https://u:p@api.example/v1?key=1` → `https://[redacted]@api.example/v1?[redacted]`.
 */
export function redactUrl(url: string, mark: Mark): string {
  if (isPlain(url)) return url
  const pathFrom = AUTHORITY.exec(url)?.[0].length ?? 0
  const user = pathFrom === 0 ? -1 : userEnd(url, pathFrom)
  const hostFrom = user < 0 ? pathFrom : user
  const tail = firstOf(url, '?', '#', hostFrom)
  const head = user < 0 ? url.slice(0, tail) : withoutUser(url, pathFrom, user, tail, mark)
  return tail + 1 >= url.length ? head + url.slice(tail) : head + url[tail] + hide(url.slice(tail + 1), mark)
}

/** Most URLs have nothing to hide. */
const isPlain = (url: string): boolean => !url.includes('?') && !url.includes('@') && !url.includes('#')

const withoutUser = (url: string, from: number, user: number, tail: number, mark: Mark): string =>
  url.slice(0, from) + hide(url.slice(from, user), mark) + url.slice(user, tail)

/** What stands before the authority, as in `https://` and `jdbc:mysql://`. */
const AUTHORITY = /^\s*(?:[a-z0-9+.:-]*:)?\/\//i

/** Index of the `@` that ends the user info, or -1. A password may hold `/`, `?` or `#` that should have been encoded. */
function userEnd(url: string, from: number): number {
  const end = firstOf(url, '/', '?', from, '#')
  const within = url.lastIndexOf('@', end - 1)
  if (within >= from) return within
  const colon = url.lastIndexOf(':', end - 1)
  const isPort = colon < from || url[from] === '[' || /^\d*$/.test(url.slice(colon + 1, end))
  return isPort ? -1 : Math.max(-1, url.lastIndexOf('@'))
}

/** Index of the first of these characters from `from` on, else the length. */
function firstOf(text: string, a: string, b: string, from: number, c = a): number {
  for (let at = from; at < text.length; at++) {
    const char = text[at]
    if (char === a || char === b || char === c) return at
  }
  return text.length
}

/** Every URL within a text, up to the blank, quote or angle bracket that ends it. */
export function redactUrls(text: string, mark: Mark): string {
  if (isPlain(text)) return text
  let result = ''
  let done = 0
  for (let found = text.indexOf('://'); found >= 0; found = text.indexOf('://', done)) {
    const start = schemeStart(text, found)
    const end = urlEnd(text, found + 3, text[start - 1] === "'")
    if (start > done) result += text.slice(done, start)
    const from = Math.max(start, done)
    result += redactUrl(text.slice(from, end), mark)
    done = end
  }
  return done === 0 ? text : result + text.slice(done)
}

const SCHEME_MAX_CHARS = 32

function schemeStart(text: string, colon: number): number {
  let start = colon
  while (start > 0 && colon - start < SCHEME_MAX_CHARS && /[a-z0-9+.-]/i.test(text[start - 1]!)) start--
  return start
}

/** What JSON may write of a URL with a backslash: `\/`, `\u0026` for `&`. */
const ESCAPED = /^(?:\/|u00)/

function urlEnd(text: string, from: number, isQuoted: boolean): number {
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char <= 32 || char === 34 || char === 60 || char === 62 || char === 96) return at
    if (char === 92 && !ESCAPED.test(text.slice(at + 1, at + 4))) return at
    if (isQuoted && char === 39) return at
  }
  return text.length
}

/** Ends what may be a path before a query, and the query. */
const ENDS_PATH = /[\s?"'<>{}]/
const QUERY_END = /[\s"'<>]/g
/** What stands where a route marks a parameter as optional: `/{id?}`, `/:id?`. */
const ENDS_OPTIONAL = /^[\s"'<>/)}\]]?$/
/** `://` as some write it in JSON. */
const ESCAPED_SCHEME = String.raw`:\/\/`
const HOST = /[\w-][\w.-]*(?::\d{1,5})?[/?]/y
const PARAMETER = /\?[\w.%[\]-]{1,64}=/y

/**
 * Queries of addresses without a scheme: `GET /search?q=me`, `api.example/search?q=me`. Of a route `/{id?}` stays.
 * Goes from one `?` to the next, so that each character is looked at a few times at most.
 */
export function redactPaths(text: string, mark: Mark): string {
  let result = ''
  let done = 0
  for (let question = text.indexOf('?'); question >= 0; question = text.indexOf('?', Math.max(question + 1, done))) {
    if (ENDS_OPTIONAL.test(text.charAt(question + 1)) || !endsAddress(text, done, question)) continue
    QUERY_END.lastIndex = question + 1
    const end = QUERY_END.exec(text)?.index ?? text.length
    result += text.slice(done, question + 1) + hide(text.slice(question + 1, end), mark)
    done = end
  }
  return done === 0 ? text : result + text.slice(done)
}

/** Whether a path, or a host before a parameter, begins in the word that ends at the question mark, or behind its `=`, `(` or `,`. */
function endsAddress(text: string, from: number, question: number): boolean {
  let start = question
  while (start > from && !ENDS_PATH.test(text[start - 1]!)) start--
  if (text.slice(start, question).includes(ESCAPED_SCHEME)) return true
  PARAMETER.lastIndex = question
  const hasParameter = PARAMETER.test(text)
  for (let at = start; at < question; at++) {
    if (at > start && !'=(,'.includes(text[at - 1]!)) continue
    if (text[at] === '/') return true
    HOST.lastIndex = at
    if (hasParameter && HOST.test(text)) return true
  }
  return false
}

/**
 * A database's address in any driver's spelling: URL, JDBC, `user:password@tcp(host)/db`, `Server=…;Password=…`.
 * Of lists of settings only those that say where it is stay.
 */
export function redactConnection(text: string, mark: Mark): string {
  const address =
    AUTHORITY.test(text) || SETTINGS.test(text) ? redactUrl(text, mark) : redactUrl(withoutLogin(text, mark), mark)
  if (address.includes(';')) {
    return address
      .split(';')
      .map((part) => redactSetting(part, mark))
      .join(';')
  }
  return address
}

function withoutLogin(text: string, mark: Mark): string {
  const user = text.lastIndexOf('@')
  return user < 0 ? text : hide(text.slice(0, user), mark) + text.slice(user)
}

/** `host=… password=…`, which is read as any text is. */
const SETTINGS = /^\s*\w+\s*=/
const PLACE =
  /^\s*(?:server|host|hostname|data source|addr|address|port|database|initial catalog|dbname|driver|provider)\s*=/i

function redactSetting(part: string, mark: Mark): string {
  if (part.trim() === '' || PLACE.test(part) || part.includes('://')) return part
  const equals = part.indexOf('=')
  return equals < 0 ? hide(part, mark) : part.slice(0, equals + 1) + hide(part.slice(equals + 1), mark)
}
