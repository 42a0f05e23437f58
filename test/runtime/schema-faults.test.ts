import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { schemaFaults } from '../../runtime/schema-faults.ts'

const inner = z.strictObject({ service: z.string(), severity: z.enum(['page', 'ticket']).optional() })
const schema = z.strictObject({
  because: z.strictObject({ why: z.string('say why') }).optional(),
  size: z.union([z.number(), z.strictObject({ width: z.number() })], 'expected a size such as 5').optional(),
  when: z.union([z.string(), z.strictObject({ hour: z.number() })]).optional(),
  many: z.array(inner.transform((each) => each)).default([]),
  byName: z.record(z.string(), inner).optional(),
  get routes() {
    return z.array(z.lazy(() => inner)).optional()
  },
  action: z
    .discriminatedUnion('do', [
      z.strictObject({ do: z.literal('silence'), from: z.number() }),
      z.strictObject({ do: z.literal('ack'), by: z.string() }),
    ])
    .optional(),
})

const faultsOf = (value: unknown) => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return []
  return schemaFaults(parsed.error, schema, value).map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('a mistake is one sentence', () => {
  const rows: [string, unknown, string[]][] = [
    ['a key it does not know', { mny: [] }, ['mny: unknown key; did you mean many?']],
    [
      'one that is like no other',
      { xyzzy: 1 },
      ['xyzzy: unknown key; known here: because, size, when, many, byName, routes, action'],
    ],
    [
      'a key in a list',
      { many: [{ service: 'a', sevrity: 'page' }] },
      ['many.0.sevrity: unknown key; did you mean severity?'],
    ],
    [
      'a key under a name',
      { byName: { a: { servce: 'a' } } },
      ['byName.a.service: is missing', 'byName.a.servce: unknown key; did you mean service?'],
    ],
    [
      'a key of what refers to itself',
      { routes: [{ service: 'a', servic: 1 }] },
      ['routes.0.servic: unknown key; did you mean service?'],
    ],
    ['what is missing', { many: [{}] }, ['many.0.service: is missing']],
    ['what is missing, in words of its own', { because: {} }, ['because.why: is missing: say why']],
    ['forms with words of their own', { size: { with: 1 } }, ['size: expected a size such as 5']],
    ['the wrong kind', { many: [{ service: 1 }] }, ['many.0.service: Invalid input: expected string, received number']],
    [
      'the form that fits best',
      { when: { hour: 'x' } },
      ['when.hour: Invalid input: expected number, received string'],
    ],
    [
      'no form at all',
      { when: 1 },
      ['when: Invalid input: expected string, received number; or: Invalid input: expected object, received number'],
    ],
    ['a word of several', { action: { do: 'akc', by: 'sam' } }, ['action.do: is not known: akc; did you mean ack?']],
    ['no word of several', { action: {} }, ['action.do: is missing; known here: silence, ack']],
    [
      'a form that its word chose',
      { action: { do: 'ack', byy: 'sam' } },
      ['action.by: is missing', 'action.byy: unknown key; did you mean by?'],
    ],
  ]
  test.each(rows)('%s', (_, value, faults) => expect(faultsOf(value)).toEqual(faults))
})
