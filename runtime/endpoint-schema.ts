import { z } from 'zod'

/** What every endpoint may say. */
const common = {
  name: z.string().regex(/^[a-z0-9][-a-z0-9_]*$/, 'expected a name of lower-case letters, digits, - and _'),
  /** The endpoint that is told of pages when this one fails. */
  fallback: z.string().optional(),
  /** Told only as a fallback or by an escalation step: no route may name it. */
  escalationOnly: z.boolean().optional(),
}

const MIN_KEY_BYTES = 24
const MAX_KEY_BYTES = 64

/** Standard Webhooks secret; empty = unsigned. */
const secret = z.string().refine((text) => {
  const { length } = Buffer.from(text.replace(/^whsec_/, ''), 'base64')
  return text === '' || (text.startsWith('whsec_') && length >= MIN_KEY_BYTES && length <= MAX_KEY_BYTES)
}, 'expected whsec_ and the base64 of 24 to 64 bytes, for example from: echo whsec_$(openssl rand -base64 32)')

const webhook = z.strictObject({
  ...common,
  type: z.literal('webhook'),
  url: z.url(),
  secret: secret.default(''),
  /** Signed with as well while a secret is rotated. */
  previousSecret: secret.optional(),
  /** Alertmanager's body alone, without the key `plumbline`. */
  strict: z.boolean().optional(),
  /** Where incidents that are open go to their end. */
  previousUrl: z.url().optional(),
})

const alertmanager = z.strictObject({
  ...common,
  type: z.literal('alertmanager'),
  /** Without `/api/v2`. */
  url: z.url(),
  previousUrl: z.url().optional(),
})

const pagerduty = z.strictObject({
  ...common,
  type: z.literal('pagerduty'),
  /** Integration key of a service, Events API v2. */
  routingKey: z.string().min(1),
  /** Where incidents that are open go to their end. */
  previousRoutingKey: z.string().optional(),
  url: z.url().default('https://events.pagerduty.com'),
  /** Deployments as change events. */
  changeEvents: z.boolean().default(true),
})

const slack = z.strictObject({
  ...common,
  type: z.literal('slack'),
  url: z.url(),
  previousUrl: z.url().optional(),
})

const email = z.strictObject({
  ...common,
  type: z.literal('email'),
  smtp: z.strictObject({
    host: z.string().min(1),
    port: z.number().int().min(1).max(65_535).default(587),
    /** TLS from the first byte, as on port 465; else STARTTLS. */
    tls: z.boolean().default(false),
    username: z.string().default(''),
    password: z.string().default(''),
  }),
  from: z.string().min(3),
  to: z.array(z.string().min(3)).min(1),
})

export const endpointSchema = z.discriminatedUnion('type', [webhook, alertmanager, pagerduty, slack, email])

/** Somebody who is told, and how. */
export type Endpoint = z.output<typeof endpointSchema>
export type EndpointType = Endpoint['type']
export type EndpointOf<T extends EndpointType> = Extract<Endpoint, { type: T }>
