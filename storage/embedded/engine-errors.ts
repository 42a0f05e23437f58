/** An error in ClickHouse's shape: `Code: N. DB::Exception: text. (NAME)`. */
export class EngineError extends Error {
  readonly code: number
  readonly codeName: string
  constructor(code: number, codeName: string, text: string, options?: ErrorOptions) {
    super(text, options)
    this.code = code
    this.codeName = codeName
  }
}

/** HTTP statuses of error codes, as ClickHouse's own HTTP handler chooses them; every other code is 500. */
const CODES_BY_STATUS: [number, number[]][] = [
  [400, [6, 26, 27, 36, 38, 39, 40, 41, 42, 43, 44, 53, 62, 69, 70, 72, 89, 117, 130, 271, 306, 386, 456, 457]],
  [403, [164, 497, 516]],
  [404, [46, 47, 50, 56, 60, 73, 81, 115, 372]],
  [408, [159]],
  [413, [131, 307]],
  [501, [48]],
  [503, [202]],
]
const STATUS = new Map(CODES_BY_STATUS.flatMap(([status, codes]) => codes.map((code) => [code, status] as const)))

export function httpStatus(code: number): number {
  return STATUS.get(code) ?? 500
}

const HEAD = /Code: (\d+)\. DB::Exception: /g
const TAIL = / ?\(([A-Z][A-Z0-9_]+)\)\s*$/
const VERSION = / \(version [^)]*\)\.?$/

/**
 * Turns what chDB throws into an EngineError. chDB repeats itself:
 * `Query failed: Code: N. DB::Exception: Code: N. DB::Exception: text. (NAME) (version …). (NAME)` → code, name, text.
 */
export function fromChdb(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const message = error instanceof Error ? error.message : String(error)
  const heads = [...message.matchAll(HEAD)]
  let text = message.slice(heads[0]?.index ?? 0).replace(HEAD, '')
  let name = 'UNKNOWN_EXCEPTION'
  for (let tail = TAIL.exec(text); tail && heads.length > 0; tail = TAIL.exec(text)) {
    name = tail[1] ?? name
    text = text.slice(0, tail.index).replace(VERSION, '')
  }
  return new EngineError(Number(heads[0]?.[1] ?? 1002), name, text.trim(), { cause: error })
}

/** The body a ClickHouse server answers an error with. */
export function errorBody({ code, codeName, message }: EngineError, version: string): string {
  const text = message.endsWith('.') ? message : `${message}.`
  return `Code: ${code}. DB::Exception: ${text} (${codeName}) (version ${version})\n`
}
