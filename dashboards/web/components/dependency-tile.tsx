import type { Dependency } from '../api-shapes.ts'
import { count, share } from '../format.ts'
import { failedShare, menderWords } from '../health.ts'
import { Link } from '../navigation.tsx'
import { dependencyPath } from '../route.ts'
import { HealthMark, healthTone } from './status-mark.tsx'

/** One dependency in the strip: health, share of failing calls, how it fails and what to do about it. */
export function DependencyTile({ dependency }: { dependency: Dependency }) {
  const failing = failedShare(dependency)
  return (
    <li class={`tile tile-${healthTone(dependency.health)}`}>
      <div class="tile-head">
        <Link href={dependencyPath(dependency.name)} class="plain-link" result>
          {dependency.name}
        </Link>
        <HealthMark health={dependency.health} />
      </div>
      <p class="tile-numbers number">
        {failing === null ? (
          <span class="muted">no calls</span>
        ) : (
          <>
            <strong>{share(failing)}</strong> failing{' '}
            <span class="muted">
              of {count(dependency.calls.total)} calls
              {dependency.owner !== 'none' && `, ${menderWords(dependency.owner)}`}
            </span>
          </>
        )}
      </p>
      {dependency.modes.map((mode) => (
        <p class="tile-mode" key={mode.id}>
          <strong>{mode.mode}</strong>. <span class="muted">{mode.advice}</span>
        </p>
      ))}
    </li>
  )
}
