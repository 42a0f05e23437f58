import type { SloDetail, SloStatus } from '../api-shapes.ts'
import { useNow } from '../clock.ts'
import { budget, count, duration, NONE, share, sli, target } from '../format.ts'
import { objectiveWords, sliWords, spentWords } from '../slo-words.ts'
import { BudgetBar, leftBetween } from './budget-bar.tsx'
import { Mark } from './status-mark.tsx'
import { Time } from './time.tsx'

/** Budget, SLI, objective and how long the budget lasts, each with what it is made of. */
export function Numbers({ slo }: { slo: SloDetail }) {
  const { objective, sampling } = slo
  if (objective === null) return null
  return (
    <dl class="facts facts-large">
      <div>
        <dt>Budget left</dt>
        <dd>
          <BudgetBar remaining={slo.budget.remaining} sampling={sampling} />
          <Spent slo={slo} />
        </dd>
      </div>
      <div>
        <dt>SLI</dt>
        <dd>
          <strong class="figure number">{sli(slo.sli, objective.targetPpm)}</strong>
          <span class="muted">{sliWords(slo)}</span>
          {sampling && <SliBetween sampling={sampling} targetPpm={objective.targetPpm} />}
        </dd>
      </div>
      <div>
        <dt>Objective</dt>
        <dd>
          <strong class="figure number">{target(objective.targetPpm)}</strong>
          <span class="muted">{objectiveWords(objective)}</span>
          <Period slo={slo} />
        </dd>
      </div>
      <div>
        <dt>At this rate</dt>
        <dd>
          <Exhaustion slo={slo} />
        </dd>
      </div>
    </dl>
  )
}

function Spent({ slo }: { slo: SloDetail }) {
  const { budget: own, raw, sampling } = slo
  const whole = own.remainingOfPeriod
  const words = [
    ...(own.consumed === null ? [] : [`${share(own.consumed)} spent`]),
    ...[spentWords(slo)].filter((text) => text !== null),
  ]
  return (
    <>
      <span class="muted fact-line">{words.join(', ')}</span>
      {sampling && (
        <span class="muted fact-line">
          {budget(leftBetween(sampling).low)} to {budget(leftBetween(sampling).high)} (95% interval)
        </span>
      )}
      {whole !== null && (
        <span class="muted fact-line">
          ≈ {budget(whole.remaining)} of the whole period’s, estimated from {count(whole.expectedTotal)} events if
          traffic goes on
        </span>
      )}
      {raw !== null && (
        <span class="muted fact-line">
          {budget(raw.remaining)} without <a href="#left-out-title">what is left out</a>
        </span>
      )}
    </>
  )
}

function SliBetween({ sampling, targetPpm }: { sampling: NonNullable<SloStatus['sampling']>; targetPpm: number }) {
  return (
    <span class="muted fact-line">
      {sli(sampling.sli.low, targetPpm)} to {sli(sampling.sli.high, targetPpm)}, from sampled calls
      {sampling.weak && (
        <>
          {': '}
          <Mark tone="degraded" word="weak" />
        </>
      )}
    </span>
  )
}

/** When a calendar period began and ends, and on whose clocks. */
function Period({ slo: { objective, period } }: { slo: SloDetail }) {
  if (objective === null || objective.window.rolling || period === null) return null
  return (
    <span class="muted fact-line">
      <Time at={period.from} /> to <Time at={period.to} />
      {objective.window.timeZone !== undefined && `, periods of ${objective.window.timeZone}`}
    </span>
  )
}

function Exhaustion({ slo: { budget: own, objective, period } }: { slo: SloDetail }) {
  const now = useNow()
  const calendar = objective?.window.rolling === false && period !== null
  if (own.remaining === null) return <strong class="figure">{NONE}</strong>
  if (own.remaining <= 0)
    return (
      <>
        <strong class="figure">already spent</strong>
        <span class="muted">
          {calendar ? (
            <>
              the next period begins <Time at={period.to} />
            </>
          ) : (
            `bad ${objective?.slice ? 'slices' : 'events'} must age out of the window`
          )}
        </span>
      </>
    )
  if (own.exhaustsAt === null)
    return (
      <>
        <strong class="figure">lasts</strong>
        <span class="muted">
          {calendar ? (
            <>
              until the period ends, <Time at={period.to} />
            </>
          ) : (
            'beyond one window'
          )}
        </span>
      </>
    )
  return (
    <>
      <strong class="figure number">empty in {duration(Date.parse(own.exhaustsAt) - now)}</strong>
      <span class="muted">
        <Time at={own.exhaustsAt} />
      </span>
      {own.remainingOfPeriod?.exhaustsAt && (
        <span class="muted fact-line">
          that of the whole period ≈ <Time at={own.remainingOfPeriod.exhaustsAt} />, estimated
        </span>
      )}
    </>
  )
}
