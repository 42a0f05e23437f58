import { beginsMark, hide, isMark, type Mark } from './redacted-url.ts'
import { fillsItsLine, isSecretName } from './secret-names.ts'

// Values that stand behind a name which says that they are secret, in the notations that messages and bodies have for it.
// Every expression reads a text once: what may repeat in it is bounded, or begins where nothing of its kind ends.

/** Blanks between a name and its value: settings are often aligned. */
const GAP = String.raw`\s{0,32}`
/** Words that make a secret of the `key` behind them. */
const KINDS = 'api|access|account|auth|encryption|master|private|secret|shared|signing|subscription'

/**
 * The name in front of a value: `password=`, `"api_key": `, `Authorization: `, `\"token\":\"`, `user[password]=`,
 * `API key provided: `, `password -> `.
 */
const NAMED = new RegExp(
  String.raw`(?<![\w.-])[.-]*(\w[\w.-]*(?: [Kk](?:ey|EY))?)(?: provided)?(?:\[\d{0,3}\])?(?:\\*["']\]?|\]|&quot;)?${GAP}(?:[:=]{1,2}>?|->)${GAP}`,
  'g',
)
/** `--password x` in command lines, also as a list. */
const OPTION = /(?<![\w.-])-{1,2}([A-Za-z][\w-]*)(?:\s+|["'],\s*)(?=[^\s-])/g
/** `{"name": "DB_PASSWORD", "value": "x"}`, `<add key="ApiKey" value="x"/>`. */
const LISTED =
  /(?<![\w.-])(?:name|key|header)\\*["']?\s{0,4}[:=]\s{0,4}\\*["']?([\w.-]{1,128})\\*["']?[,;]?\s{0,4}\\*["']?values?\\*["']?\s{0,4}[:=]\s{0,4}/gi
/** `password 'x'`, `IDENTIFIED BY 'x'`: such words name nothing else in quotes. */
const SAID = new RegExp(
  String.raw`(?<![\w.-])((?:pass(?:word|wd|phrase|code)|pwd|(?:${KINDS})[ _-]?key|identified(?: with \S{1,64})? by))\s{1,4}(?:is |was )?(?=\\*["'\x60])`,
  'gi',
)
/** `('Authorization', 'x')`, `["token", "x"]`: a name and its value, and nothing else. */
const PAIRED = /[([]\s{0,4}[bu]?(["'])([\w.-]{1,128})\1\s{0,4},\s{0,4}([bur]{0,2}(?:'[^'\\]*'|"[^"\\]*"))\s{0,4}[)\]]/gi
/** `<wsse:Password Type="…">x</…`, also where a page shows it. */
const ELEMENT =
  /(?:<(?:[\w-]{1,64}:)?([\w.-]{1,128})(?:\s[^<>]{0,512})?>(?:<!\[CDATA\[)?|&lt;(?:[\w-]{1,64}:)?([\w.-]{1,128})(?:\s[^&<>]{0,512})?&gt;)([^<>&]+?)(?=\]\]>|[<>&]|$)/g
/** `password%3Dx%26`, `%22token%22%3A%22x%22`: what was encoded to be part of something else. */
const ENCODED =
  /(?<=^|%[0-9a-f]{2}|[^\w.%-])([a-z_][\w.-]{0,127})((?:%22|%27|%5D)?(?:%20|\+)?(?:%3D|%3A)(?:%20|\+)?(?:%22|%27|%5B)?)([^\s"'<>&,;%]*(?:%(?!0A|0D|22|23|26|27|2C|3F|5D|7D)[0-9a-f]{2}[^\s"'<>&,;%]*)*)/gi

/** What a field of a secret's name says when it holds none. */
const NO_SECRET = /^(?:true|false|yes|no|null|nil|none|undefined|\*+|\?)\)?$/i

/** Names that say secret only where their value looks like one: `pass=3` counts, `auth=basic` chooses. */
const DOUBTFUL = /(?:^|[._-])(?:pass|auth|sig|signature|hmac|assertion|samlresponse)$/i
/** How far such a value is looked at. */
const DOUBTFUL_MAX_CHARS = 256
const looksSecret = (value: string): boolean =>
  /[A-Za-z]/.test(value) && (/\d/.test(value) ? value.length >= 6 : /^[\w+/=%.~-]{16,}$/.test(value))

/** Hides the values within a text whose names say that they are secret; of `name=value` the name stays. */
export function redactValues(text: string, mark: Mark): string {
  let result = text
  if (result.includes('%3')) {
    result = result.replace(ENCODED, (whole, name: string, between: string, value: string) =>
      isSecretName(name) && !isMark(value) ? `${name}${between}${hide(value, mark)}` : whole,
    )
  }
  if (result.includes('</') || result.includes('&lt;')) result = redactElements(result, mark)
  if (mayNameValue(result)) {
    result = redactNamed(result, LISTED, mark)
    result = redactNamed(result, NAMED, mark)
  }
  if (result.includes('-')) result = redactNamed(result, OPTION, mark)
  if (/\s\\*["'`]/.test(result)) result = redactNamed(result, SAID, mark, () => true)
  return /[([]\s{0,4}[bu]?["']/.test(result) ? redactPairs(result, mark) : result
}

/** Has an `=`, an arrow, or a `:` other than that of a URL. */
function mayNameValue(text: string): boolean {
  if (text.includes('=') || text.includes('->')) return true
  let colon = text.indexOf(':')
  while (colon >= 0 && text.charCodeAt(colon + 1) === 47) colon = text.indexOf(':', colon + 1)
  return colon >= 0
}

const redactElements = (text: string, mark: Mark): string =>
  text.replace(ELEMENT, (whole, shown: string | undefined, hidden: string | undefined, value: string) =>
    isSecretName(shown ?? hidden ?? '') && value.trim() !== '' && !NO_SECRET.test(value.trim())
      ? whole.slice(0, -value.length) + hide(value, mark)
      : whole,
  )

const redactPairs = (text: string, mark: Mark): string =>
  text.replace(PAIRED, (whole, _quote: string, name: string, quoted: string) => {
    const value = quoted.slice(quoted.search(/["']/) + 1, -1)
    if (!isSecretName(name) || value === '' || NO_SECRET.test(value)) return whole
    const at = whole.lastIndexOf(value)
    return whole.slice(0, at) + hide(value, mark) + whole.slice(at + value.length)
  })

function redactNamed(text: string, pattern: RegExp, mark: Mark, isSecret = isSecretName): string {
  let result = ''
  let done = 0
  // Not `matchAll`, which copies the expression for each text.
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const from = match.index + match[0].length
    const name = match[1]!
    const isDoubtful = !(isSecret(name) || isSecretProperty(match[0], name))
    if (from < done || (isDoubtful && !DOUBTFUL.test(name))) continue
    const { start, end } = valueAt(isDoubtful ? text.slice(0, from + DOUBTFUL_MAX_CHARS) : text, from, name)
    const value = text.slice(start, end)
    if (end <= Math.max(start, done) || NO_SECRET.test(value) || wasHidden(value)) continue
    if (isDoubtful && !looksSecret(value)) continue
    result += text.slice(done, start) + mark(value)
    done = end
  }
  return done === 0 ? text : result + text.slice(done)
}

/** Also at the end of a sentence. */
const wasHidden = (value: string): boolean => value.length <= 32 && isMark(value.replace(/[.:!)]+$/, ''))

/** `-Dpassword=` of Java. */
const isSecretProperty = (whole: string, name: string): boolean => whole.startsWith('-D') && isSecretName(name.slice(1))

interface Extent {
  start: number
  end: number
}

/** Where the value that begins at `from` stands; quotes are not part of it, nor what Python writes before them. */
function valueAt(text: string, from: number, name: string): Extent {
  let start = from
  while (text[start] === '\\') start++
  const prefix = /^[bur]{1,2}(?=["'])/i.exec(text.slice(start, start + 3))
  if (prefix !== null) start += prefix[0].length
  const quote = text[start]
  if (quote === '"' || quote === "'" || quote === '`') {
    return { start: start + 1, end: quoteEnd(text, start, start > from && prefix === null) }
  }
  if (text.startsWith('&quot;', start)) return { start: start + 6, end: firstFrom(text, start + 6, /["<>&]/) }
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
