import type { Severity } from '../model.ts'

/**
 * Words people write as `severity` of a condition, in lower case, and what they come to here. What is in neither row is
 * refused: a page nobody hears and a ticket that rings at night are both worse than a question.
 */
export const SEVERITY_WORDS: Record<Severity, readonly string[]> = {
  page: ['page', 'critical', 'crit', 'fatal', 'emergency', 'error', 'high', 'sev0', 'sev1', 'p0', 'p1'],
  ticket: [
    'ticket',
    'warning',
    'warn',
    'medium',
    'moderate',
    'minor',
    'low',
    'info',
    'sev2',
    'sev3',
    'sev4',
    'p2',
    'p3',
    'p4',
  ],
}

/** `Critical` → page; null for a word that stands for neither. */
export function severityOf(text: string): Severity | null {
  const word = text.trim().toLowerCase().replace(/[-_ ]/g, '')
  if (SEVERITY_WORDS.page.includes(word)) return 'page'
  return SEVERITY_WORDS.ticket.includes(word) ? 'ticket' : null
}
