/** Attributes as a span or resource carries them: text values, arrays as JSON. A `Map` is one; so is a view into a request. */
export interface Attributes {
  get(name: string): string | undefined
}

const OPENING_BRACKET = 91

/** The value of the first of `names` that is set and not empty, or ''. Of an array, its first element. */
export function read(attributes: Attributes, names: readonly string[]): string {
  for (const name of names) {
    const value = attributes.get(name)
    if (value === undefined || value === '') continue
    const text = first(value)
    if (text !== '') return text
  }
  return ''
}

/** `["a","b"]` → `a`. Text that only looks like an array, such as an IPv6 address in brackets, stays as it is. */
export function first(text: string): string {
  if (text.charCodeAt(0) !== OPENING_BRACKET || !text.endsWith(']')) return text
  try {
    const [element] = JSON.parse(text) as unknown[]
    if (element === undefined || element === null) return ''
    return typeof element === 'object' ? JSON.stringify(element) : String(element)
  } catch {
    return text
  }
}

/** At most `maxChars` UTF-16 units, never half of a surrogate pair. */
export function cut(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text
  const last = text.charCodeAt(maxChars - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? maxChars - 1 : maxChars)
}

/** A whole number of at least 0 written in digits, else null. */
export function wholeNumber(text: string): number | null {
  return /^\d{1,15}$/.test(text) ? Number(text) : null
}
