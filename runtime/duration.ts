import { z } from 'zod'

const UNITS_MS: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** `30s`, `5m`, `2h`, `3d`, `4w` → milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d|w)$/, 'expected a duration such as 5s, 10m, 3d')
  .transform((text) => Number.parseInt(text, 10) * (UNITS_MS[text.replace(/^\d+/, '')] ?? 1))
