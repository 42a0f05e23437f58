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

/** HTTP statuses of ClickHouse's error codes; everything else is 500. Source: ClickHouse `exceptionCodeToHTTPStatus`. */
const STATUS: Record<number, number> = {
  36: 400, 41: 400, 43: 400, 44: 400, 47: 404, 50: 404, 53: 400, 60: 404, 62: 400, 69: 400, 72: 400, 81: 404, 115: 404,
  117: 400, 130: 400, 131: 413, 159: 408, 164: 403, 202: 503, 372: 404, 373: 500, 395: 500, 403: 403, 452: 412,
  456: 400, 457: 400, 497: 403, 516: 403,
} // biome-ignore format: a table

export function httpStatus(code: number): number {
  return STATUS[code] ?? 500
}

const HEAD = /Code: (\d+)\. DB::Exception: /g
const NAME = / ?\(([A-Z][A-Z0-9_]+)\)\s*$/

/**
 * Turns what chDB throws into an EngineError. chDB repeats itself:
 * `Query failed: Code: N. DB::Exception: Code: N. DB::Exception: text. (NAME) (version …). (NAME)` → code, name, text.
 */
export function fromChdb(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const message = error instanceof Error ? error.message : String(error)
  const code = Number(/Code: (\d+)\./.exec(message)?.[1] ?? 1002)
  let text = message.replace(/^[\s\S]*?(?=Code: \d+\. DB::Exception: )/, '').replace(HEAD, '')
  let name = 'UNKNOWN_EXCEPTION'
  for (let found = NAME.exec(text); found; found = NAME.exec(text)) {
    name = found[1]!
    text = text.slice(0, found.index).replace(/ \(version [^)]*\)\.?$/, '')
  }
  return new EngineError(code, name, text.trim(), { cause: error })
}

/** The body a ClickHouse server answers an error with. */
export function errorBody({ code, codeName, message }: EngineError, version: string): string {
  const text = message.endsWith('.') ? message : `${message}.`
  return `Code: ${code}. DB::Exception: ${text} (${codeName}) (version ${version})\n`
}
