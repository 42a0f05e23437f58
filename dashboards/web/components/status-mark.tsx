import type { Health, Severity, SloState } from '../api-shapes.ts'

/** The five looks a state can have: shape first, then word, colour last. */
export type Tone = 'ok' | 'degraded' | 'failing' | 'unknown' | 'maintenance'

const SLO_LOOK: Record<SloState, [Tone, string]> = {
  ok: ['ok', 'OK'],
  warning: ['degraded', 'Warning'],
  critical: ['failing', 'Critical'],
  exhausted: ['failing', 'Exhausted'],
  no_data: ['unknown', 'No data'],
  measuring: ['unknown', 'Measuring'],
  frozen: ['unknown', 'Frozen'],
  invalid: ['unknown', 'Invalid'],
}

const HEALTH_LOOK: Record<Health, [Tone, string]> = {
  healthy: ['ok', 'Healthy'],
  degraded: ['degraded', 'Degraded'],
  failing: ['failing', 'Failing'],
  unknown: ['unknown', 'Unknown'],
  maintenance: ['maintenance', 'Maintenance'],
}

const SHAPE: Record<Tone, string> = {
  ok: 'M6 1.5a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9z',
  degraded: 'M6 1 11.5 10.8H.5z',
  failing: 'M1.5 1.5h9v9h-9z',
  unknown: 'M6 .8 11.2 6 6 11.2.8 6zM6 3.4 3.4 6 6 8.6 8.6 6z',
  maintenance: 'M2.5 1.5h2.6v9H2.5zM6.9 1.5h2.6v9H6.9z',
}

export function Shape({ tone }: { tone: Tone }) {
  return (
    <svg class={`shape tone-${tone}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d={SHAPE[tone]} fill="currentColor" fill-rule="evenodd" />
    </svg>
  )
}

export function Mark({ tone, word }: { tone: Tone; word: string }) {
  return (
    <span class={`mark tone-${tone}`}>
      <Shape tone={tone} />
      {word}
    </span>
  )
}

export const healthTone = (health: Health): Tone => HEALTH_LOOK[health][0]

export function SloMark({ status }: { status: SloState }) {
  const [tone, word] = SLO_LOOK[status]
  return <Mark tone={tone} word={word} />
}

export function HealthMark({ health }: { health: Health }) {
  const [tone, word] = HEALTH_LOOK[health]
  return <Mark tone={tone} word={word} />
}

/** PAGE wakes someone, TICKET waits for the morning; quiet when it names a kind and nothing fires. */
export function SeverityTag({ severity, quiet = false }: { severity: Severity; quiet?: boolean }) {
  return <span class={`severity severity-${quiet ? 'quiet' : severity}`}>{severity.toUpperCase()}</span>
}
