import type { SloDetail } from '../api-shapes.ts'
import { plural, share } from '../format.ts'
import { Time } from './time.tsx'

/** What is wrong with the file, where, and what to do about it. */
export function Problems({ slo }: { slo: SloDetail }) {
  if (slo.problems.length === 0) return null
  return (
    <section class={`notice ${slo.refused ? 'notice-failing' : 'notice-degraded'}`} aria-labelledby="problems-title">
      <h2 id="problems-title">{problemsTitle(slo)}</h2>
      <ul>
        {slo.problems.map((problem) => (
          <li key={`${problem.line}${problem.path}${problem.message}`}>
            <code>
              {problem.file}:{problem.line}
            </code>{' '}
            {problem.path !== '' && <code>{problem.path}</code>} {problem.message}
            {problem.hint && <p class="muted">{problem.hint}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}

function problemsTitle({ refused, definition }: SloDetail): string {
  if (!refused) return 'The definition has warnings'
  return definition === null
    ? 'The definition was refused, so nothing is measured'
    : 'The newest definition was refused; the last good one stays in force'
}

/** What the self-check found: an SLI that looks broken, the likely cause, names that look alike. */
export function Warnings({ slo: { warnings } }: { slo: SloDetail }) {
  if (warnings.length === 0) return null
  return (
    <section class="notice notice-degraded" aria-labelledby="warnings-title">
      <h2 id="warnings-title">
        {warnings.length === 1 ? 'Something looks broken' : `${plural(warnings.length, 'thing')} look broken`} about
        what is measured
      </h2>
      <ul>
        {warnings.map(({ code, message, hint }) => (
          <li key={`${code}${message}`}>
            {capital(message)}
            <p class="muted">{hint}</p>
          </li>
        ))}
      </ul>
    </section>
  )
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** A new definition is measured from what is stored: how far it has come, and why it cannot go on. */
export function Measuring({ slo: { measuring, warnings } }: { slo: SloDetail }) {
  const open = measuring.flatMap(({ indicator, history, error }) =>
    history === null ? [] : [{ indicator, history, error }],
  )
  if (open.length === 0) return null
  const told = new Set(warnings.map(({ message }) => message))
  return (
    <section class="notice notice-plain" aria-labelledby="measuring-title">
      <h2 id="measuring-title">History is being measured for this definition</h2>
      <p>
        The newest hours come first. Until it is complete the numbers are of the part that is measured; an alert is
        judged as soon as its windows are measured, the budget when all of it is.
      </p>
      <ul class="measuring">
        {open.map(({ indicator, history, error }) => (
          <li key={indicator}>
            <progress value={measuredShare(history)} max={1} aria-label={`Measured of ${indicator}`} />{' '}
            <strong class="number">{share(measuredShare(history))}</strong>{' '}
            <span class="muted">
              {open.length > 1 && `${indicator}, `}back to <Time at={history.from} />, measured from{' '}
              <Time at={history.measuredFrom} /> on
            </span>
            {error !== '' && !told.has(error) && <p class="tone-failing">{error}</p>}
          </li>
        ))}
      </ul>
    </section>
  )
}

type History = NonNullable<SloDetail['measuring'][number]['history']>

/** 0 to 1, in whole percents and floored: never complete before it is. */
function measuredShare({ from, to, measuredFrom }: History): number {
  const [start, end, since] = [from, to, measuredFrom].map((at) => Date.parse(at)) as [number, number, number]
  return end <= start ? 0 : Math.floor(Math.min(1, Math.max(0, (end - since) / (end - start))) * 100) / 100
}
