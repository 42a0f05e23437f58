import { type AlertState, advance, NEVER_FIRED } from '../../slo/alert/alert-state.ts'
import { SHORT_KEEP_MS } from '../../slo/alert/signal.ts'
import type { SelfCondition, SelfKind } from './self-conditions.ts'

interface Held {
  state: AlertState
  condition: SelfCondition
}

/** What is known of a condition by one name: its kind and endpoint. */
export const selfKey = ({ kind, endpoint }: Pick<SelfCondition, 'kind' | 'endpoint'>): string =>
  endpoint ? `${kind}/${endpoint}` : kind

/**
 * Keeps alerts about Plumbline open as any others are: until what is wrong has not been so for five minutes. What comes and goes
 * within that time is one incident, and a page that follows a ticket is the same one.
 */
export class SelfHold {
  #held = new Map<string, Held>()

  /** Takes over what was told before a restart. */
  adopt(condition: SelfCondition, now: Date): void {
    if (!this.#held.has(selfKey(condition))) this.#advance(condition, true, now)
  }

  /**
   * What is wrong now or was a moment ago, with the severity it has reached.
   * @param unknown kinds of which nothing is known yet: they stay as they are
   */
  hold(conditions: readonly SelfCondition[], now: Date, unknown: readonly SelfKind[] = []): SelfCondition[] {
    const present = new Map(conditions.map((condition) => [selfKey(condition), condition]))
    for (const condition of present.values()) this.#advance(condition, true, now)
    for (const [key, { condition }] of this.#held) {
      if (present.has(key) || unknown.includes(condition.kind)) continue
      this.#advance(condition, false, now)
    }
    return [...this.#held.values()].flatMap(({ state, condition }) =>
      state.phase === 'firing' ? [{ ...condition, severity: state.severity }] : [],
    )
  }

  #advance(condition: SelfCondition, isWrong: boolean, now: Date): void {
    const key = selfKey(condition)
    const before = this.#held.get(key)?.state ?? NEVER_FIRED
    const { severity } = condition
    const verdict = isWrong ? 'matched' : 'clear'
    const conditions = [{ tier: '', severity, verdict, reason: null }] as const
    const { next } = advance(before, conditions, now.getTime(), SHORT_KEEP_MS)
    if (next.phase === 'firing') this.#held.set(key, { state: next, condition })
    else this.#held.delete(key)
  }
}
