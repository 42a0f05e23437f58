/**
 * Whether two alerts may be about one environment: an SLO that selects none speaks for all of them, and telemetry without one may
 * come from any. The one rule of grouping, merging and inhibition.
 */
export const isSameEnvironment = (a: string, b: string): boolean => a === b || a === '' || b === ''
