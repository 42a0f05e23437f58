import { fnv1a } from './fnv1a.ts'
import type { Indicator } from './model.ts'

/** Changes when the same definition is measured differently, so that history is measured again. */
const MEASURED_AS = 'calls/1'

/** Identifies what an indicator measures: 16 hex digits, equal for equal definitions however they were written down. */
export const generationOf = (indicator: Indicator): string => fnv1a([MEASURED_AS, canonicalJson(indicator)])

/** JSON with the keys of every object in alphabetical order. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
