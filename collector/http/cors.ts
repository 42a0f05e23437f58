import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../../runtime/config-schema.ts'

/** Writes the headers a browser wants before it lets a page read the answer; true when it was only asked for them. */
export type Cors = (request: IncomingMessage, response: ServerResponse) => boolean

const METHOD = 'POST'
const HEADERS = ['content-type', 'content-encoding', 'authorization']
/** How long a browser may remember the answer: the longest that Chromium takes. */
const MAX_AGE_SECONDS = 7_200

/**
 * Cross-origin requests as the Fetch standard has them. Without origins nothing is allowed, and OPTIONS is a wrong method.
 * The origin is repeated, never `*`, because `navigator.sendBeacon` sends credentials, and browsers then take no `*`.
 */
export function createCors({ origins, headers }: Config['collector']['cors']): Cors {
  if (origins.length === 0) return () => false
  const allowed = new Set(origins)
  const allowedHeaders = [...HEADERS, ...headers].join(', ')
  return (request, response) => {
    const { origin } = request.headers
    response.setHeader('vary', 'Origin')
    const isAllowed = origin !== undefined && (allowed.has('*') || allowed.has(origin))
    if (isAllowed) {
      response.setHeader('access-control-allow-origin', origin)
      response.setHeader('access-control-allow-credentials', 'true')
      response.setHeader('access-control-expose-headers', 'Retry-After')
    }
    if (request.method !== 'OPTIONS') return false
    if (isAllowed) {
      response.setHeader('access-control-allow-methods', METHOD)
      response.setHeader('access-control-allow-headers', allowedHeaders)
      response.setHeader('access-control-max-age', MAX_AGE_SECONDS)
    }
    response.writeHead(204).end()
    return true
  }
}
