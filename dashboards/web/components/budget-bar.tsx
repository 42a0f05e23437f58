import { budget } from '../format.ts'

/** Width 100 units; the zero line sits at a third, so that overspending has room to its left. */
const ZERO = 33
const FULL = 100

/**
 * Remaining budget as a signed bar: right of the zero line what is left, left of it what was overspent.
 * Beyond −50 % the bar ends in an arrow; the number beside it stays exact.
 */
export function BudgetBar({ remaining }: { remaining: number | null }) {
  return (
    <span class={`budget ${toneOf(remaining)}`}>
      <svg class="budget-bar" viewBox="0 0 100 12" preserveAspectRatio="none" aria-hidden="true">
        <rect class="budget-track" x={ZERO} y="3" width={FULL - ZERO} height="6" />
        {remaining !== null && <path class="budget-fill" d={fill(remaining)} />}
        <rect class="budget-zero" x={ZERO - 0.5} y="0" width="1" height="12" />
      </svg>
      <span class="budget-number number">
        {budget(remaining)}
        {remaining !== null && remaining < 0 && <span class="budget-word"> overspent</span>}
      </span>
    </span>
  )
}

const toneOf = (remaining: number | null): string =>
  remaining === null ? 'is-unknown' : remaining < 0 ? 'is-spent' : remaining < 0.25 ? 'is-low' : 'is-left'

function fill(remaining: number): string {
  if (remaining >= 0) return `M${ZERO} 3h${Math.min(1, remaining) * (FULL - ZERO)}v6H${ZERO}z`
  const length = Math.min(ZERO - 4, -remaining * (FULL - ZERO))
  const beyond = -remaining * (FULL - ZERO) > ZERO - 4
  return beyond ? `M${ZERO} 3H5V1L0 6l5 5V9H${ZERO}z` : `M${ZERO} 3h${-length}v6H${ZERO}z`
}
