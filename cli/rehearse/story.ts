import type { Decided, Failed, Rehearsal, Send, Unsent } from './rehearsal.ts'
import type { Scenario } from './scenario.ts'

/** A rehearsal for people: who was told what, when and why; and who was not, and why not. */
export function storyOf({ id, title, until_min }: Scenario, { sends, failed, unsent, decided }: Rehearsal): string {
  const lines = [
    ...decided.map((one) => ({ at: one.at_s, text: decision(one) })),
    ...sends.map((send) => ({ at: send.at_s, text: told(send) })),
    ...failed.map((one) => ({ at: one.at_s, text: notArrived(one) })),
    ...unsent.map((one) => ({ at: one.at_s, text: notTold(one) })),
  ].sort((a, b) => a.at - b.at)
  const outcome =
    sends.length === 0
      ? 'Nobody was told anything.'
      : `${sends.length} message${sends.length === 1 ? '' : 's'} arrived.`
  return [
    `${id}  ${title}`.trimEnd(),
    ...lines.map(({ at, text }) => `  ${clock(at).padStart(9)}  ${text}`),
    `  ${clock(until_min * 60).padStart(9)}  end. ${outcome}`,
  ].join('\n')
}

function told({ endpoint, event, reason, severity, slos, root_cause, summary }: Send): string {
  const what = event === 'firing' ? severity.toUpperCase() : `${severity} resolved`
  const cause = root_cause === null ? '' : `, cause ${root_cause}`
  const all = slos.join(', ')
  const about = event === 'firing' ? `${summary}${slos.length > 1 ? ` (${all})` : ''}` : all
  return `→ ${endpoint.padEnd(10)} ${what.padEnd(15)} ${about}${cause}  [${reason}]`
}

const decision = ({ alert, reason, late }: Decided): string =>
  `  ${alert} [${reason}]${late.length > 0 ? `, ${late.join(' and ')} only by late data [late_only]` : ''}`

const notTold = ({ endpoint, reason, slos }: Unsent): string =>
  `· ${endpoint.padEnd(10)} ${'not told'.padEnd(15)} ${slos.join(', ')}  [${reason}]`

const notArrived = ({ endpoint, error, slos }: Failed): string =>
  `✗ ${endpoint.padEnd(10)} ${'failed'.padEnd(15)} ${slos.join(', ')}  [${error}]`

/** Seconds from minute 0 as hours, minutes and seconds: 3725 → `1:02:05`. */
function clock(seconds: number): string {
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), Math.round(seconds % 60)]
  return `${h}:${String(m).padStart(2, '0')}:${String(s).padStart(2, '0')}`
}
