/**
 * An OTLP AnyValue. Integers are `bigint` only where a double cannot hold them; `null` is a value with no field set.
 */
export type AnyValue = string | boolean | number | bigint | null | Uint8Array | AnyValue[] | Map<string, AnyValue>

/**
 * Text form for string maps: strings as they are, `true`/`false`, decimal integers, doubles in their shortest form,
 * bytes as base64, arrays and lists of pairs as JSON, no value as ''.
 */
export function textOf(value: AnyValue): string {
  if (typeof value === 'string') return value
  if (value === null) return ''
  if (typeof value === 'number') return numberText(value)
  if (typeof value !== 'object') return String(value)
  return value instanceof Uint8Array ? base64(value) : jsonOf(value)
}

/** JSON inside a value; numbers JSON cannot write become strings, integers keep every digit. */
function jsonOf(value: AnyValue): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value) : `"${value}"`
  if (typeof value !== 'object') return String(value)
  if (value instanceof Uint8Array) return `"${base64(value)}"`
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`
  return `{${[...value].map(([key, item]) => `${JSON.stringify(key)}:${jsonOf(item)}`).join(',')}}`
}

const numberText = (value: number) => (Object.is(value, -0) ? '-0' : String(value))

const base64 = ({ buffer, byteOffset, length }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, length).toString('base64')
