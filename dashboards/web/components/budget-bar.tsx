import type { SloStatus } from '../api-shapes.ts'
import { budget } from '../format.ts'

/** The drawing is 100 wide; its zero line sits at a third, so that overspending has room to its left. */
const ZERO = 33
const FULL = 100
const LEFT_END = 4

interface BudgetBarProps {
  remaining: number | null
  sampling?: SloStatus['sampling']
}

/**
 * Remaining budget as a signed bar: right of the zero line what is left, left of it what was overspent.
 * Where an overspent bar would not fit it ends in an arrow; the number beside it is never clipped.
 * An error bar spans the interval of sampled counts.
 */
export function BudgetBar({ remaining, sampling = null }: BudgetBarProps) {
  return (
    <span class={`budget ${toneOf(remaining)}`}>
      <svg class="budget-bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
        <rect class="budget-track" x={ZERO} y="3" width={FULL - ZERO} height="6" />
        {remaining !== null && <path class="budget-fill" d={fill(remaining)} />}
        {sampling && <path class={sampling.weak ? 'budget-error is-weak' : 'budget-error'} d={errorBar(sampling)} />}
        <rect class="budget-zero" x={ZERO - 0.5} y="0" width="1" height="12" />
      </svg>
      <span class="budget-number number">{budget(remaining)}</span>
      {remaining !== null && remaining < 0 && <span class="budget-word">overspent</span>}
    </span>
  )
}

const toneOf = (remaining: number | null): string => {
  if (remaining === null) return 'is-unknown'
  if (remaining < 0) return 'is-spent'
  return remaining < 0.25 ? 'is-low' : 'is-left'
}

function fill(remaining: number): string {
  const length = Math.abs(remaining) * (FULL - ZERO)
  if (remaining >= 0) return `M${ZERO} 3h${Math.min(FULL - ZERO, length)}v6H${ZERO}z`
  if (length <= ZERO - LEFT_END) return `M${ZERO} 3h${-length}v6H${ZERO}z`
  return `M${ZERO} 3H6V1L0 6l6 5V9H${ZERO}z`
}

/** What is left, at worst and at best: the burn over the SLO window is the consumed budget. */
export const leftBetween = ({ burn }: NonNullable<SloStatus['sampling']>) => ({
  low: 1 - burn.high,
  high: 1 - burn.low,
})

function errorBar(sampling: NonNullable<SloStatus['sampling']>): string {
  const { low, high } = leftBetween(sampling)
  const [from, to] = [low, high].map((left) => Math.max(1, Math.min(FULL - 1, ZERO + left * (FULL - ZERO))))
  return `M${from} 2v8M${from} 6H${to}M${to} 2v8`
}
