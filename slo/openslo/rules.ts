import { z } from 'zod'
import { DURATION_UNIT_MINUTES, splitDuration } from '../budget/window.ts'
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

/** Objects that Go holds by value inside another one: empty ones are as absent as their fields. */
const BY_VALUE = ['condition']

/** Whether an object says nothing at all: in Go it equals one that is absent. Lists and maps count, even empty ones. */
export const saysNothing = (value: unknown): boolean =>
  isRecord(value) &&
  Object.entries(value).every(
    ([key, inner]) =>
      inner === undefined ||
      inner === null ||
      inner === '' ||
      inner === false ||
      (BY_VALUE.includes(key) && saysNothing(inner)),
  )

/** An object that must say something: `{}` is `required` at its own path, and its fields are not missed one by one. */
export const notEmpty = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (saysNothing(value) ? undefined : value), schema)

/** Rules across fields look only at presence, so they are told even when a field beside them is wrong. */
export const acrossFields = (code: string, error: string) => ({ ...rule(code, error), when: () => true })

export const exactlyOneOf =
  (...keys: string[]) =>
  (value: unknown): boolean =>
    !isRecord(value) || keys.filter((key) => isPresent(value, key)).length === 1

const LABEL_KEY = /^[a-zA-Z0-9]([-._a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$/
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/

/** An RFC 1123 label; accepted with capitals too, as in OpenSLO's own examples, and told as a deviation. */
export const isName = (text: string): boolean =>
  text.length <= 63 && /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/.test(text)

export const name = z
  .string()
  .min(1)
  .refine(
    (text) => text === '' || isName(text),
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

/** The name of another object. */
export const reference = optional(name)

/** Null is the empty text, as in Go. */
const text = z
  .string()
  .nullable()
  .transform((value) => value ?? '')

export const metadata = z.strictObject({
  name,
  displayName: optional(z.string().max(63)),
  labels: optional(
    z.record(
      z.string().refine((key) => LABEL_KEY.test(key), rule('string_match_regexp', 'is no valid label key')),
      z.union([text, z.array(text)]),
    ),
  ),
  annotations: optional(
    z.record(
      z.string().refine(isAnnotationKey, rule('string_match_regexp', 'is no valid annotation key: [prefix/]name')),
      text,
    ),
  ),
})
export type Metadata = z.output<typeof metadata>

export const description = optional(z.string().max(1050))

/** The form of a duration; its number and unit are checked by `durationRules` where OpenSLO checks them. */
export const durationText = z
  .string()
  .min(1)
  .refine(
    (text) => text === '' || splitDuration(text) !== null,
    rule('invalid_duration', 'is no duration: a whole number and a unit, such as 30d'),
  )

/** Number and unit of a duration, told where the SDK tells them: at `.value` and `.unit`. */
export function durationRules(text: string, context: z.RefinementCtx, at: (string | number)[] = []): void {
  const parts = splitDuration(text)
  if (!parts) return
  const fail = (key: string, code: string, message: string) =>
    context.addIssue({ code: 'custom', path: [...at, key], message, params: { code } })
  if (parts.value < 0) fail('value', 'greater_than_or_equal_to', 'must not be negative')
  if (!Object.hasOwn(DURATION_UNIT_MINUTES, parts.unit)) {
    const units = Object.keys(DURATION_UNIT_MINUTES).join(' ')
    fail('unit', 'one_of', `'${parts.unit}' is no unit; case counts: ${units} (M is a month, m a minute)`)
  }
}

export const duration = durationText.superRefine((text, context) => durationRules(text, context))

/** An object by reference, or written in place as `kind`, `metadata` and `spec`; exactly one of the two. */
export function referenceOrInline<Kind extends string, Spec extends z.ZodType>(
  referenceKey: string,
  kind: Kind,
  spec: Spec,
) {
  const inline = ['kind', 'metadata', 'spec']
  const isInline = (item: unknown) => inline.some((key) => isPresent(item, key))
  return z
    .strictObject({
      [referenceKey]: reference,
      kind: optional(z.literal(kind)),
      metadata: optional(metadata),
      spec: optional(notEmpty(spec)),
    })
    .refine(
      (item) => isPresent(item, referenceKey) !== isInline(item),
      acrossFields('mutually_exclusive', `needs ${referenceKey} or an inline ${kind} (kind, metadata, spec), not both`),
    )
    .superRefine((item, context) => {
      for (const key of isInline(item) ? inline : []) {
        if (isPresent(item, key)) continue
        context.addIssue({ code: 'custom', path: [key], message: 'is required', params: { code: 'required' } })
      }
    })
    .transform((item) => ({
      reference: (item as Record<string, unknown>)[referenceKey] as string | null | undefined,
      metadata: item.metadata as Metadata | null | undefined,
      spec: item.spec as z.output<Spec> | null | undefined,
    }))
}
