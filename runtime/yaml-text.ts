import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'

/** A text of YAML, or of JSON, which is YAML as well. */
export interface YamlText {
  document: Document
  /** What keeps it from being read, from top to bottom; none when it can be. */
  faults: { line: number; message: string }[]
  lineAt(offset: number): number
  /** What the text says; null when it says nothing. */
  value(): unknown
  /** Line of a property; where it is missing, of the nearest one around it; null when none of them is there. */
  lineOf(path: readonly PropertyKey[]): number | null
}

/** Reads one document. Never throws for what a text says; YAML 1.2 core schema, so that an unquoted date stays text. */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error', prettyErrors: false })
  const lineAt = (offset: number) => Math.max(1, lines.linePos(offset).line)
  const faults = document.errors.map(({ pos, message }) => ({ line: lineAt(pos[0]), message }))
  try {
    if (faults.length === 0) document.toJS()
  } catch (error) {
    // Aliases that multiply without end are found only while values are read.
    faults.push({ line: 1, message: (error as Error).message })
  }
  return {
    document,
    faults,
    lineAt,
    value() {
      const value: unknown = document.toJS()
      return value ?? null
    },
    lineOf(path) {
      const offset = offsetOf(document.contents, path)
      return offset === null ? null : lineAt(offset)
    },
  }
}

function offsetOf(root: unknown, path: readonly PropertyKey[]): number | null {
  let node = root
  let offset: number | null = null
  for (const key of path) {
    const pair = isMap(node)
      ? node.items.find((each) => isScalar(each.key) && String(each.key.value) === key)
      : undefined
    const item = isSeq(node) ? node.items[Number(key)] : undefined
    if (pair === undefined && item === undefined) break
    node = pair ? pair.value : item
    offset = startOf(pair ? pair.key : item) ?? offset
  }
  return offset
}

const startOf = (node: unknown): number | null => (isNode(node) ? (node.range?.[0] ?? null) : null)
