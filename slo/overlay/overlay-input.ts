import { z } from 'zod'
import type { MaintenanceWindow } from './maintenance.ts'
import { maintenanceFaults } from './maintenance-check.ts'
import { MATCHER_OPERATORS, type Matcher, matchersFault, parseMatcher } from './matchers.ts'
import { type Silence, silenceTimesFault } from './silence.ts'

const UNIT_MINUTES: Record<string, number> = { m: 1, h: 60, d: 1440, w: 10_080 }
const MINUTE_MS = 60_000

const durationMinutes = z
  .string()
  .regex(/^[1-9]\d{0,5}[mhdw]$/, 'expected a duration such as 30m, 2h, 1d')
  .transform((text) => Number.parseInt(text, 10) * (UNIT_MINUTES[text.at(-1) ?? 'm'] ?? 1))

const instant = z.iso
  .datetime({ offset: true, message: 'expected an instant with its offset, such as 2026-03-02T01:00:00Z' })
  .transform((text) => new Date(text))

const matcher = z.union(
  [
    z
      .string()
      .max(1_000)
      .refine((text) => parseMatcher(text) !== null)
      .transform((text) => parseMatcher(text) as Matcher),
    z.strictObject({ name: z.string().max(200), op: z.enum(MATCHER_OPERATORS), value: z.string().max(1_000) }),
  ],
  'expected a matcher such as service="checkout" or service=~"check.*"',
)

const name = z.string().trim().max(200)

const NAME_ALERTS = 'say which alerts, at least by one matcher such as service="checkout"'

/** What people say to make a silence, by API or in a file. */
export const silenceInput = z.strictObject({
  matchers: z
    .array(matcher, NAME_ALERTS)
    .min(1, NAME_ALERTS)
    .max(50)
    .meta({ description: 'All must hold: service="checkout", team=~"pay.*"' }),
  startsAt: instant.optional().meta({ description: 'Now unless said' }),
  endsAt: instant.optional().meta({ description: 'This or `duration`' }),
  duration: durationMinutes.optional().meta({ description: 'From the start: 30m, 2h, 1d; this or `endsAt`' }),
  createdBy: name.optional(),
  comment: z.string('say why').trim().min(1, 'say why').max(2_000),
})

/** What people say to make a maintenance window, by API or in a file. */
export const maintenanceInput = z.strictObject({
  scope: z.strictObject(
    {
      services: z.array(name).default([]),
      slos: z.array(name).default([]),
      dependencies: z.array(name).default([]),
      environments: z.array(name).default([]),
    },
    {
      error: ({ input }) =>
        input === undefined ? 'say what it is about, such as { services: [checkout] }' : undefined,
    },
  ),
  schedule: z.union(
    [
      z.strictObject({ from: instant, to: instant }),
      z
        .strictObject({ rrule: z.string().max(4_000), duration: durationMinutes })
        .transform(({ rrule, duration }) => ({ rrule, durationMinutes: duration })),
      z
        .strictObject({ cron: z.string().max(200), timeZone: z.string().max(100), duration: durationMinutes })
        .transform(({ duration, ...rest }) => ({ ...rest, durationMinutes: duration })),
    ],
    'expected {from, to}, {rrule, duration} or {cron, timeZone, duration}; a duration is 30m, 2h, 1d',
  ),
  suppress: z.boolean().default(true),
  excludeFromBudget: z.boolean().default(false),
  reason: z.string().trim().max(2_000).default(''),
  reviewAt: instant.nullable().default(null),
  createdBy: name.optional(),
})

/** The silence that somebody asks for at `now`, or why there cannot be one. */
export function silenceOf(
  input: z.output<typeof silenceInput>,
  { id, author, now }: { id: string; author: string; now: Date },
): Silence | string[] {
  if ((input.endsAt === undefined) === (input.duration === undefined)) return ['say endsAt or duration, one of them']
  const startsAt = input.startsAt ?? now
  const endsAt = input.endsAt ?? new Date(startsAt.getTime() + (input.duration ?? 0) * MINUTE_MS)
  const { matchers, comment } = input
  return { id, matchers, startsAt, endsAt, createdBy: author, comment, createdAt: now }
}

/** Why a silence cannot be made at `now`: one sentence for each fault, none when it can. */
export const silenceFaults = (silence: Silence, now: Date): string[] =>
  [matchersFault(silence.matchers), silenceTimesFault(silence, now)].filter((fault) => fault !== null)

/** The maintenance window that somebody asks for at `now`, or why there cannot be one. */
export function maintenanceOf(
  { createdBy: _, ...input }: z.output<typeof maintenanceInput>,
  { id, author, now }: { id: string; author: string; now: Date },
): MaintenanceWindow | string[] {
  const window = { ...input, id, createdBy: author, createdAt: now, endedAt: null }
  const faults = maintenanceFaults(window, now)
  return faults.length > 0 ? faults : window
}
