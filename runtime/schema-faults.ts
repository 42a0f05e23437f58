import { distance } from 'fastest-levenshtein'
import type { z } from 'zod'

/** One mistake in what a person wrote: the property, and what to do. */
export interface SchemaFault {
  path: PropertyKey[]
  message: string
}

/**
 * What a schema finds wrong with a value, in words: a key it does not know with the one that was meant, what is missing as
 * missing, and of several forms the faults of the one that fits best.
 */
export const schemaFaults = ({ issues }: z.ZodError, schema: z.ZodType, value: unknown): SchemaFault[] =>
  issues.flatMap((issue) => faultsOf(issue, schema, value))

/** How messages begin that no schema gave words of its own. */
const ZODS = 'Invalid input'

function faultsOf(issue: z.core.$ZodIssue, schema: z.ZodType, value: unknown): SchemaFault[] {
  const { path, message } = issue
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path)
    return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key${suggestion(key, known)}` }))
  }
  if (issue.code === 'invalid_union') {
    if (issue.discriminator !== undefined) {
      const said = String(valueAt(value, path) ?? '')
      const known = wordsAt(schema, path)
      return [{ path, message: `${said === '' ? 'is missing' : `is not known: ${said}`}${suggestion(said, known)}` }]
    }
    if (message !== ZODS) return [{ path, message }]
    const [closest] = issue.errors
      .filter((form) => form.every((inner) => inner.path.length > 0))
      .sort((one, other) => one.length - other.length)
    if (closest)
      return closest.flatMap((inner) => faultsOf({ ...inner, path: [...path, ...inner.path] }, schema, value))
    const messages = [...new Set(issue.errors.flat().map((inner) => inner.message))]
    return [{ path, message: messages.length > 0 ? messages.join('; or: ') : message }]
  }
  if (issue.code === 'invalid_type' && valueAt(value, path) === undefined) {
    return [{ path, message: message.startsWith(ZODS) ? 'is missing' : `is missing: ${message}` }]
  }
  return [{ path, message }]
}

/** `; did you mean ports?` when a known name is close; else what is known, where that is a short list. */
export function suggestion(name: string, known: readonly string[]): string {
  const [best] = known
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .sort((a, b) => a.edits - b.edits)
  if (best && best.edits <= Math.max(2, name.length / 3)) return `; did you mean ${best.candidate}?`
  return known.length > 0 && known.length <= 16 ? `; known here: ${known.join(', ')}` : ''
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  )

/** What zod keeps of a schema; each kind has some of these. */
interface Definition {
  shape?: Record<string, z.ZodType>
  innerType?: z.ZodType
  getter?: () => z.ZodType
  in?: z.ZodType
  options?: z.ZodType[]
  element?: z.ZodType
  valueType?: z.ZodType
  values?: unknown[]
  entries?: Record<string, unknown>
}

const definitionOf = (schema: z.ZodType) => schema.def as unknown as Definition

/** Every schema that a value at a path may have to keep, down to those that are no form of another. */
function schemasAt(schema: z.ZodType, path: readonly PropertyKey[]): Definition[] {
  const own = definitionOf(schema)
  const other = own.innerType ?? own.in ?? own.getter?.()
  if (other) return schemasAt(other, path)
  if (own.options) return own.options.flatMap((option) => schemasAt(option, path))
  const [key, ...rest] = path
  if (key === undefined) return [own]
  const inner = own.element ?? own.valueType ?? own.shape?.[String(key)]
  return inner ? schemasAt(inner, rest) : []
}

const keysAt = (schema: z.ZodType, path: readonly PropertyKey[]): string[] => [
  ...new Set(schemasAt(schema, path).flatMap(({ shape = {} }) => Object.keys(shape))),
]

/** The words that may stand where one of several must. */
const wordsAt = (schema: z.ZodType, path: readonly PropertyKey[]): string[] =>
  schemasAt(schema, path).flatMap(({ values = [], entries = {} }) => [...values, ...Object.values(entries)].map(String))
