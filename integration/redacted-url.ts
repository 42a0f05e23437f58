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

function urlEnd(text: string, from: number, isQuoted: boolean): number {
  for (let at = from; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char <= 32 || char === 34 || char === 60 || char === 62 || char === 92 || char === 96) return at
    if (isQuoted && char === 39) return at
  }
  return text.length
}

/** A path with a query, where no scheme tells that it is one: `GET /search?q=me`. Not the `/{id?}` of a route. */
const PATH_WITH_QUERY = /(?<![^\s"'=(,])(\/[^\s?"'<>{}]*)\?([^\s"'<>/)}\]][^\s"'<>]*)/g

export const redactPaths = (text: string, mark: Mark): string =>
  text.replace(PATH_WITH_QUERY, (_, path: string, query: string) => `${path}?${hide(query, mark)}`)

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
