import type { SloDetail } from '../api-shapes.ts'
import { target } from '../format.ts'
import { useSlosOf } from '../lists.ts'
import { Link } from '../navigation.tsx'
import { sloPath } from '../route.ts'
import { documentOf } from '../slo-words.ts'

/** The objectives of the document this SLO is one of, where there are several; each is an SLO `document:objective`. */
export function Objectives({ slo }: { slo: SloDetail }) {
  const { document } = documentOf(slo.name)
  const items = useSlosOf(slo.service).value?.items ?? []
  const all = items
    .filter(({ name }) => documentOf(name).document === document)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  if (all.length < 2) return null
  return (
    <nav class="presets objectives" aria-label={`Objectives of ${document}`}>
      <span class="muted">
        One of {all.length} objectives of <code>{document}</code>
      </span>
      {all.map(({ name, displayName, objective }) => (
        <Link key={name} href={sloPath(name)} class="tab" current={name === slo.name}>
          {documentOf(name).objective ?? displayName}
          {objective && ` ${target(objective.targetPpm)}`}
        </Link>
      ))}
    </nav>
  )
}
