import type { IncidentDetail } from '../api-shapes.ts'
import { didWords, reasonWords } from '../reason-words.ts'
import { Time } from './time.tsx'

type Entry = IncidentDetail['timeline'][number]

/** Who was told and who was not, what people did and what was deployed; the newest first. */
export function IncidentTimeline({ entries }: { entries: readonly Entry[] }) {
  if (entries.length === 0) return null
  return (
    <section aria-labelledby="timeline-title">
      <h2 id="timeline-title">Timeline</h2>
      <ol class="timeline">
        {entries.toReversed().map((entry, index) => (
          <li key={entries.length - index} class={`timeline-${entry.kind}`}>
            <Time at={entry.at} precision="second" />
            <Line entry={entry} />
          </li>
        ))}
      </ol>
    </section>
  )
}

function Line({ entry: { kind, reason, endpoint, author, text } }: { entry: Entry }) {
  switch (kind) {
    case 'told':
      return (
        <span>
          <strong>{endpoint}</strong> told <span class="code">{text}</span>: {reasonWords(reason)}
        </span>
      )
    case 'withheld':
      return (
        <span class="muted">
          {endpoint} not told: {reasonWords(reason)}
        </span>
      )
    case 'deployment':
      return <span>Deployed {text}</span>
    case 'action':
      return (
        <span>
          <strong>{author}</strong> {didWords(reason)}
          {text !== '' && <>{reason === 'assign' ? ` ${text}` : `: ${text}`}</>}
        </span>
      )
  }
}
