/** What one process can be of Plumbline. */
export const ROLES = ['collector', 'evaluator', 'api'] as const
export type Role = (typeof ROLES)[number]
