import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml'
import { type PropertyPath, reporterFor, type SourceObject } from '../slo/openslo/source.ts'
import type { Problem } from '../slo/problem.ts'

/** The library looks through the document for each alias: a file of nothing else would keep the process for hours. */
const MAX_ALIASES = 1_000

/** Lists and maps inside each other. OpenSLO needs a dozen, and what is written into one place of it not many more. */
const MAX_DEPTH = 100
const TOO_DEEP = `is nested more than ${MAX_DEPTH} levels deep`

/** Objects of one text, and why it could not be read: with a problem there are no objects at all. */
export interface ParsedText {
  objects: SourceObject[]
  problems: Problem[]
}

/**
 * Reads YAML or JSON: one object, a list of objects, or several `---` documents.
 * YAML 1.2 core schema, so that an unquoted date stays text and `on` is no boolean; `<<` merges.
 * @param file named in problems
 */
export function parseSloText(text: string, file: string): ParsedText {
  const lines = new LineCounter()
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const refuse = (offset: number, message: string): ParsedText => {
    const report = reporterFor({ file, lineOf: () => lineAt(offset) })
    report.error('decode', [], 'yaml_syntax', message)
    return { objects: [], problems: report.problems }
  }
  try {
    const documents = parseAllDocuments(text, {
      lineCounter: lines,
      merge: true,
      // The library compares every key with every other one of its map: a large file would keep the process for minutes.
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'error',
    })
    if ('empty' in documents) return { objects: [], problems: [] }
    const [broken] = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])
    if (broken) return refuse(broken.pos[0], broken.code === 'RESOURCE_EXHAUSTION' ? TOO_DEEP : broken.message)
    for (const document of documents) {
      const [offset, message] = refusedNode(document) ?? []
      if (message !== undefined) return refuse(offset ?? 0, message)
    }
    return { objects: documents.flatMap((document) => objectsOf(document, file, lineAt)), problems: [] }
  } catch (error) {
    // Aliases that multiply without end and nesting deeper than the stack are found only while reading values.
    return refuse(0, error instanceof RangeError ? TOO_DEEP : reasonOf(error))
  }
}

/** Why something could not be read, in the words of whoever refused. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Where and why a document that is YAML is refused all the same; null when it is not. */
function refusedNode(document: Document): [offset: number, message: string] | null {
  let refused: [number, string] | null = null
  let aliases = 0
  const refuse = (node: unknown, message: string) => {
    refused = [startOf(node) ?? 0, message]
    return visit.BREAK
  }
  visit(document, {
    Collection(_, node, path) {
      if (path.filter(isCollection).length >= MAX_DEPTH) return refuse(node, TOO_DEEP)
      const twice = isMap(node) ? repeatedKey(node) : undefined
      if (twice === undefined) return undefined
      // Whichever of the two is meant, the other would be lost.
      return refuse(twice, `Map keys must be unique: ${String(twice).slice(0, 100)} stands twice`)
    },
    Alias(_, node, path) {
      aliases += 1
      if (aliases > MAX_ALIASES) return refuse(node, `more than ${MAX_ALIASES} aliases are not followed`)
      const isInside = path.some((outer) => isCollection(outer) && outer.anchor === node.source)
      return isInside ? refuse(node, `the alias *${node.source} stands inside what it stands for`) : undefined
    },
  })
  return refused
}

/** The first key that stands twice in a map. */
function repeatedKey({ items }: YAMLMap): unknown {
  const seen = new Set<string>()
  return items.find(({ key }) => {
    if (!isScalar(key) || typeof key.value === 'symbol' || key.value === '<<') return false
    const name = String(key.value)
    return seen.has(name) || !seen.add(name)
  })?.key
}

function objectsOf(document: Document, file: string, lineAt: (offset: number) => number): SourceObject[] {
  const value: unknown = document.toJS()
  if (value === null || value === undefined) return []
  const at = (prefix: PropertyPath) => (path: PropertyPath) => lineAt(offsetOf(document, [...prefix, ...path]))
  if (!Array.isArray(value)) return [{ file, value, lineOf: at([]) }]
  return value.map((item: unknown, index) => ({ file, value: item, lineOf: at([index]) }))
}

/** Where a property starts; where the nearest thing above it starts when it is missing. */
function offsetOf(document: Document, path: PropertyPath): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const key of path) {
    const item = itemOf(document, node, key)
    if (!item) break
    offset = item.offset ?? offset
    node = item.value
  }
  return offset
}

function itemOf(document: Document, node: unknown, key: string | number): { value: unknown; offset?: number } | null {
  const target = isAlias(node) ? node.resolve(document) : node
  if (isSeq(target)) {
    const value = target.items[Number(key)]
    return value === undefined ? null : withOffset(value, value)
  }
  if (!isMap(target)) return null
  const pair = target.items.find((item) => isPair(item) && String(item.key) === String(key))
  return pair ? withOffset(pair.value, pair.key) : null
}

const withOffset = (value: unknown, place: unknown) => {
  const offset = startOf(place)
  return offset === undefined ? { value } : { value, offset }
}

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)
