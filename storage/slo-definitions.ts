import { z } from 'zod'
import type { Slo } from '../slo/model.ts'
import type { Problem } from '../slo/problem.ts'
import type { Definition, DefinitionChange } from '../slo/reconcile.ts'
import { sloSchema } from '../slo/slo-schema.ts'
import { type Db, query } from './query.ts'

export interface StoredDefinition extends Definition {
  changedAt: Date
}

/** Appends what changed to the history of definitions. Recording the same change twice does no harm. */
export async function recordDefinitions(db: Db, changes: readonly DefinitionChange[], at: Date): Promise<void> {
  if (changes.length === 0) return
  await db.insert({
    table: 'slo_definitions',
    format: 'JSONEachRow',
    values: changes.map((change) => ({
      name: change.name,
      state: change.state,
      ...contentOf(change),
      source: change.source,
      changed_at: unixSeconds(at),
    })),
  })
}

function contentOf(change: DefinitionChange): { generation: string; definition: string; problems: string } {
  if (change.state === 'removed') return { generation: '', definition: '', problems: '[]' }
  const problems = JSON.stringify(change.problems)
  // A refused version leaves no definition behind, so that the last good one is the latest that has one.
  if (change.state === 'invalid' || !change.slo) return { generation: '', definition: '', problems }
  return { generation: change.slo.generation, definition: JSON.stringify(change.slo), problems }
}

/** Seconds with milliseconds: read by ClickHouse alike in every time zone. */
const unixSeconds = (at: Date): string => (at.getTime() / 1_000).toFixed(3)

/**
 * The definition in force of every SLO that was not removed, by name, and whether a later version was refused.
 * A definition stored in a form this version cannot read counts as refused: it is told, not dropped.
 * While nothing changes, the same objects are answered without reading them again.
 */
export async function readDefinitions(db: Db): Promise<readonly StoredDefinition[]> {
  const [{ mark }] = (await readMark(db, {})) as [{ mark: string }]
  const before = lastRead.get(db)
  if (before?.mark === mark) return before.definitions
  const definitions = await readAll(db)
  lastRead.set(db, { mark, definitions })
  return definitions
}

/** Every tick and every answer of the API asks for all definitions: thousands of them are megabytes that hardly ever change. */
const lastRead = new WeakMap<Db, { mark: string; definitions: readonly StoredDefinition[] }>()

const readMark = query({
  sql: `SELECT concat(toString(count()), ' ', toString(groupBitXor(cityHash64(name, state, generation, changed_at)))) AS mark FROM slo_definitions`,
  params: z.object({}),
  row: z.object({ mark: z.string() }),
})

async function readAll(db: Db): Promise<StoredDefinition[]> {
  const rows = await readLatest(db, {})
  return rows.map(({ name, latest_state, latest_definition, latest_problems, latest_source, at }) => {
    const place = { name, source: latest_source, changedAt: at }
    const slo = latest_definition === '' ? null : readSlo(latest_definition)
    if (latest_definition !== '' && slo === null) {
      return { ...place, state: 'invalid', slo, problems: [...latest_problems, unreadable(latest_source)] }
    }
    return { ...place, state: latest_state, slo, problems: latest_problems }
  })
}

function readSlo(definition: string): Slo | null {
  const parsed = sloSchema.safeParse(parsedJson(definition))
  return parsed.success ? parsed.data : null
}

const unreadable = (source: string): Problem => ({
  severity: 'error',
  layer: 'plan',
  file: source,
  line: 1,
  path: '',
  code: 'stored_form_unknown',
  message: 'was stored by another version of Plumbline in a form this one cannot read',
  hint: 'Load the definition again',
})

/** One row that cannot be read keeps no other from being read. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const problems = z.string().transform((json) => {
  const read = parsedJson(json)
  return Array.isArray(read) ? (read as Problem[]) : []
})

/** A removal has an empty definition: it ends what was in force before it. */
const readLatest = query({
  sql: `
    SELECT
      name,
      argMax(state, changed_at) AS latest_state,
      argMaxIf(definition, changed_at, state IN ('active', 'removed')) AS latest_definition,
      argMax(problems, changed_at) AS latest_problems,
      argMax(source, changed_at) AS latest_source,
      toUnixTimestamp64Milli(max(changed_at)) AS at
    FROM slo_definitions
    GROUP BY name HAVING latest_state != 'removed'
    ORDER BY name`,
  params: z.object({}),
  row: z.object({
    name: z.string(),
    latest_state: z.enum(['active', 'invalid']),
    latest_definition: z.string(),
    latest_problems: problems,
    latest_source: z.string(),
    at: z.number().transform((ms) => new Date(ms)),
  }),
})
