import { durationMinutes } from '../budget/window.ts'
import { parseLabels } from '../labels.ts'
import { ALERT_MODES, COMPOSITE_METHODS, NO_DATA_POLICIES } from '../model.ts'
import type { Kind } from './document.ts'
import type { Metadata } from './rules.ts'
import type { PropertyPath, Reporter } from './source.ts'
import { suggest } from './suggest.ts'

const PREFIX = 'plumbline.dev/'

/** Where an annotation belongs, and what is wrong with a value, or null. */
interface Annotation {
  on: readonly Kind[] | 'any'
  wrong: (value: string) => string | null
}

const oneOf =
  (known: readonly string[]) =>
  (value: string): string | null =>
    known.includes(value) ? null : `must be one of ${known.join(', ')}`

const wholeNumber = (value: string) => (/^\d{1,9}$/.test(value) ? null : 'must be a whole number, in quotes')
const duration = (value: string) => (durationMinutes(value) === null ? 'must be a duration such as 10m' : null)

/** Every annotation Plumbline knows. */
const ANNOTATIONS: Record<string, Annotation> = {
  'no-data': { on: ['SLO'], wrong: oneOf(NO_DATA_POLICIES) },
  'alert-mode': { on: ['SLO'], wrong: oneOf(ALERT_MODES) },
  'min-events': { on: ['SLO'], wrong: wholeNumber },
  'min-bad-events': { on: ['SLO'], wrong: wholeNumber },
  'short-window': { on: ['AlertCondition'], wrong: duration },
  owner: { on: 'any', wrong: (value) => (value.trim() === '' ? 'must not be empty' : null) },
  runbook: { on: 'any', wrong: (value) => (isWebAddress(value) ? null : 'must be an http or https URL') },
  labels: {
    on: ['SLO', 'AlertPolicy'],
    wrong: (value) => (parseLabels(value) ? null : 'must look like key=value,other=value, every key once'),
  },
  composite: { on: ['SLO'], wrong: oneOf(COMPOSITE_METHODS) },
  'composite-target': {
    on: ['SLO'],
    wrong: (value) =>
      /^0(\.\d{1,6})?$/.test(value) ? null : 'must be a ratio from 0 to below 1 with at most six digits, in quotes',
  },
  settle: { on: ['SLI', 'SLO'], wrong: duration },
}

/** What an object's own annotations say, valid ones only. */
export type Annotations = ReadonlyMap<string, string>

/** Reads the `plumbline.dev/` annotations of an object; those of others are not looked at. */
export function readAnnotations(
  kind: Kind,
  { annotations }: Metadata,
  report: Reporter,
  at: PropertyPath = ['metadata'],
): Annotations {
  const read = new Map<string, string>()
  for (const [key, value] of Object.entries(annotations ?? {})) {
    if (!key.startsWith(PREFIX)) continue
    const short = key.slice(PREFIX.length)
    const path = [...at, 'annotations', key]
    const known = Object.hasOwn(ANNOTATIONS, short) ? ANNOTATIONS[short] : undefined
    if (!known) {
      const hint = suggest(
        key,
        Object.keys(ANNOTATIONS).map((name) => PREFIX + name),
      )
      report.error('plan', path, 'unknown_annotation', `Plumbline has no annotation '${key}'`, hint)
    } else if (known.on !== 'any' && !known.on.includes(kind)) {
      report.error('plan', path, 'misplaced_annotation', `belongs on ${known.on.join(' or ')}, not on ${kind}`)
    } else {
      const wrong = known.wrong(value)
      if (wrong) report.error('plan', path, 'invalid_annotation', `${wrong}, not '${value}'`)
      else read.set(short, value)
    }
  }
  return read
}

function isWebAddress(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text)
}
