import { z } from 'zod'
import { patternFault } from '../pattern/pattern.ts'
import { isTimeZone } from '../time/zone.ts'
import { duration } from './duration.ts'

/** A condition on a label of an alert. */
export interface RouteMatcher {
  name: string
  op: '=' | '!=' | '=~' | '!~'
  value: string
}

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

/** Quotes within the text of a value are part of it: no label begins with one. */
const unquoted = z.string().superRefine((text, context) => {
  if (!/^(?:!=|[=!]~)?\s*["'`´‘’‚‛“”„«»]/u.test(text)) return
  const message = `${text} has quotation marks within its text, and no label does: write ${text.replace(/["'`´‘’‚‛“”„«»]/gu, '')}`
  context.addIssue({ code: 'custom', message })
})

/** Text is the value itself; `!=x`, `=~pattern` and `!~pattern` say otherwise; a list is any of its texts. */
const condition = z.union([
  unquoted.superRefine((text, context) => {
    const [, pattern] = /^[=!]~([\s\S]*)$/.exec(text) ?? []
    const fault = pattern === undefined ? null : patternFault(pattern)
    if (fault !== null) context.addIssue({ code: 'custom', message: `the pattern ${fault}` })
  }),
  z.array(unquoted).min(1),
])
type Condition = z.output<typeof condition>

const severity = z.enum(['page', 'ticket', 'info'])

const match = z
  .strictObject({
    severity: z.union([severity, z.array(severity).min(1)]).optional(),
    service: condition.optional(),
    slo: condition.optional(),
    dependency: condition.optional(),
    owner: condition.optional(),
    env: condition.optional(),
    alertname: condition.optional(),
    /** Any other label. */
    labels: z.record(z.string(), condition).default({}),
  })
  .transform(({ labels, ...named }): RouteMatcher[] =>
    Object.entries({ ...labels, ...named }).flatMap(([name, wanted]) =>
      wanted === undefined ? [] : [matcherOf(name, wanted)],
    ),
  )

function matcherOf(name: string, wanted: Condition): RouteMatcher {
  if (typeof wanted !== 'string') return { name, op: '=~', value: wanted.map(literal).join('|') }
  const [, op, value] = /^(!=|=~|!~)([\s\S]*)$/.exec(wanted) ?? []
  return op === undefined || value === undefined
    ? { name, op: '=', value: wanted }
    : { name, op: op as RouteMatcher['op'], value }
}

const literal = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')

const timeZone = z.string().refine(isTimeZone, 'expected a time zone such as Europe/Berlin or UTC')

const CLOCK = '([01]\\d|2[0-3]):([0-5]\\d)'

/** `20:00-07:00`; an end at or before the start means the next morning. */
const hours = z
  .string()
  .regex(new RegExp(`^${CLOCK}-${CLOCK}$`), 'expected hours such as 20:00-07:00')
  .transform((text) => {
    const [from = '', to = ''] = text.split('-')
    return { fromMinute: minuteOf(from), toMinute: minuteOf(to) }
  })

const minuteOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3))

/** When tickets wait. */
const quietHours = z
  .strictObject({ timeZone, hours: z.array(hours).default([]), days: z.array(z.enum(WEEKDAYS)).default([]) })
  .refine(({ hours, days }) => hours.length + days.length > 0, 'say hours or days')
  .refine(({ days }) => new Set(days).size < WEEKDAYS.length, 'with every day quiet no ticket would ever be told')

const step = z
  .strictObject({ after: duration, to: z.array(z.string()).min(1) })
  .transform(({ after, to }) => ({ afterMs: after, endpoints: to }))

/** What a route may say about those it matches; what it does not say it has from the route around it. */
const settings = z.strictObject({
  match: match.prefault({}),
  endpoints: z.array(z.string()).optional(),
  /** Pages that nobody acknowledged. */
  escalation: z.array(step).optional(),
  /** `null` ends those of the route around. */
  quietHours: quietHours.nullable().optional(),
  groupWait: duration.optional(),
  repeat: duration.optional(),
})

/** A route as it is used; `routes` inside it go first. */
export interface RouteConfig extends Pick<z.output<typeof settings>, 'endpoints' | 'escalation' | 'quietHours'> {
  matchers: RouteMatcher[]
  groupWaitMs: number | undefined
  repeatMs: number | undefined
  routes: RouteConfig[]
}

export const routeSchema: z.ZodType<RouteConfig> = settings
  .extend({
    get routes() {
      return z.array(z.lazy(() => routeSchema)).default([])
    },
  })
  .refine(({ endpoints, routes }) => endpoints !== undefined || routes.length > 0, 'say endpoints, or routes inside')
  .transform(({ match: matchers, groupWait, repeat, ...route }) => ({
    ...route,
    matchers,
    groupWaitMs: groupWait,
    repeatMs: repeat,
  }))

/** An endpoint that a route names, and the key that does: `routes.0.routes.1.escalation.0.to`. */
export interface NamedEndpoint {
  where: string
  name: string
  escalates: boolean
}

export function endpointsNamed(routes: readonly RouteConfig[], at = 'routes'): NamedEndpoint[] {
  return routes.flatMap((route, index) => {
    const here = `${at}.${index}`
    return [
      ...(route.endpoints ?? []).map((name) => ({ where: `${here}.endpoints`, name, escalates: false })),
      ...(route.escalation ?? []).flatMap(({ endpoints }, k) =>
        endpoints.map((name) => ({ where: `${here}.escalation.${k}.to`, name, escalates: true })),
      ),
      ...endpointsNamed(route.routes, `${here}.routes`),
    ]
  })
}
