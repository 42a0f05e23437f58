import type { Incident } from './api-shapes.ts'

/** Pages before tickets; within a severity the API's order stays, the newest first. */
export const pagesFirst = (incidents: readonly Incident[]): Incident[] =>
  incidents.toSorted((a, b) => Number(b.severity === 'page') - Number(a.severity === 'page'))
