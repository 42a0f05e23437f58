import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { EngineError } from './engine-errors.ts'
import { decodedBody, limitBytes } from './request-body.ts'

const MAX_FORM_BYTES = 64 * 2 ** 20

/** A table sent along with a query: its rows, and how to read them. */
export interface ExternalTable {
  name: string
  structure: string
  format: string
  data: Uint8Array
}

/** Reads a multipart form: plain fields become parameters, files become external tables. At most 64 MiB, in memory. */
export async function readForm(request: IncomingMessage, params: URLSearchParams): Promise<ExternalTable[]> {
  const body = Readable.from(limitBytes(decodedBody(request), MAX_FORM_BYTES, 'A form'))
  const headers = { 'content-type': request.headers['content-type'] ?? '' }
  const form = await new Response(Readable.toWeb(body) as ReadableStream, { headers }).formData().catch((error) => {
    throw error.cause instanceof EngineError
      ? error.cause
      : new EngineError(36, 'BAD_ARGUMENTS', `The form cannot be read: ${error.message}`, { cause: error })
  })
  const files: [string, File][] = []
  for (const [name, value] of form) {
    if (typeof value === 'string') params.set(name, value)
    else files.push([name, value])
  }
  return Promise.all(
    files.map(async ([name, file]) => ({
      name,
      structure: structureOf(name, params),
      format: params.get(`${name}_format`) ?? 'TabSeparated',
      data: await file.bytes(),
    })),
  )
}

/** `<name>_structure` as given, or `<name>_types` with columns `_1`, `_2`, … */
function structureOf(name: string, params: URLSearchParams): string {
  const structure = params.get(`${name}_structure`)
  if (structure) return structure
  const types = params.get(`${name}_types`)
  if (!types)
    throw new EngineError(36, 'BAD_ARGUMENTS', `External table ${name} needs ${name}_structure or ${name}_types`)
  return types
    .split(',')
    .map((type, index) => `_${index + 1} ${type.trim()}`)
    .join(', ')
}
