import { z } from 'zod'
import { DURATION_UNIT_MINUTES, splitDuration } from '../window.ts'
import { isRecord } from './source.ts'

/**
 * Building blocks of the OpenSLO v1 schemas. A rule fails with the code the official Go SDK uses, so that verdicts compare.
 * Sources: https://github.com/OpenSLO/OpenSLO (README.md), https://github.com/OpenSLO/go-sdk (pkg/openslo/v1).
 */
export const rule = (code: string, error: string) => ({ error, params: { code } })

/** In Go, null and absent are one: every optional field may be null. */
export const optional = <T extends z.ZodType>(schema: T) => schema.nullish()

export const isPresent = (value: unknown, key: string): boolean =>
  isRecord(value) && value[key] !== undefined && value[key] !== null

/** Rules across fields look only at presence, so they are told even when a field beside them is wrong. */
export const acrossFields = (code: string, error: string) => ({ ...rule(code, error), when: () => true })

export const exactlyOneOf =
  (...keys: string[]) =>
  (value: unknown): boolean =>
    !isRecord(value) || keys.filter((key) => isPresent(value, key)).length === 1

const LABEL_KEY = /^[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/

/** Strict: RFC 1123 labels. Accepted here with capitals too, as in OpenSLO's own examples; lint says so. */
export const name = z
  .string()
  .min(1)
  .refine(
    (text) => text.length <= 63 && /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(text),
    rule(
      'string_dns_label',
      'must be at most 63 lower-case letters, digits and -, with a letter or digit at both ends',
    ),
  )

function isAnnotationKey(key: string): boolean {
  const slash = key.indexOf('/')
  const prefix = key.slice(0, slash)
  if (slash >= 0 && (prefix.length > 253 || !DNS_SUBDOMAIN.test(prefix))) return false
  return LABEL_KEY.test(key.slice(slash + 1))
}

export const metadata = z.strictObject({
  name,
  displayName: optional(z.string().max(63)),
  labels: optional(
    z.record(
      z.string().refine((key) => LABEL_KEY.test(key), rule('string_match_regexp', 'is no valid label key')),
      z.union([z.string(), z.array(z.string())]),
    ),
  ),
  annotations: optional(
    z.record(
      z.string().refine(isAnnotationKey, rule('string_match_regexp', 'is no valid annotation key: [prefix/]name')),
      z.string(),
    ),
  ),
})
export type Metadata = z.output<typeof metadata>

export const description = optional(z.string().max(1050))

/** A duration as written; number and unit are checked where the SDK checks them, at `.value` and `.unit`. */
export const duration = z.string().superRefine((text, context) => {
  const parts = splitDuration(text)
  const fail = (path: string[], code: string, message: string) =>
    context.addIssue({ code: 'custom', path, message, params: { code } })
  if (!parts) return fail([], 'invalid_duration', `'${text}' is no duration: a whole number and a unit, such as 30d`)
  if (parts.value < 0) fail(['value'], 'greater_than_or_equal_to', 'must not be negative')
  if (!Object.hasOwn(DURATION_UNIT_MINUTES, parts.unit)) {
    const units = Object.keys(DURATION_UNIT_MINUTES).join(' ')
    fail(['unit'], 'one_of', `'${parts.unit}' is no unit; case counts: ${units} (M is a month, m a minute)`)
  }
})
