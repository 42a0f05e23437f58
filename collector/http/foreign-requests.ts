import type { IncomingMessage } from 'node:http'
import type { Config } from '../../runtime/config-schema.ts'
import { ownNames } from '../../runtime/own-names.ts'
import { foreignOrigin, wrongHost } from './problem.ts'

/** Throws 421 for a foreign host name and 403 for a foreign page. */
export type RefuseForeign = (request: IncomingMessage) => void

/**
 * Without tokens everyone who reaches the port may send. A browser reaches loopback for any page that points its own name there
 * (DNS rebinding), so only own names count, and pages only where CORS lets them. With tokens a page would need one.
 * OTLP/gRPC needs no such check: it is HTTP/2 without TLS, which no browser speaks.
 */
export function createForeignRefusal(
  config: Pick<Config, 'bind' | 'publicUrl' | 'hostNames' | 'tokens' | 'collector'>,
): RefuseForeign {
  if (config.tokens.length > 0) return () => {}
  const names = ownNames(config)
  const allowed = new Set(config.collector.cors.origins)
  return ({ headers: { host, origin } }) => {
    if (!names.isHost(host)) throw wrongHost()
    if (origin === undefined || allowed.has('*') || allowed.has(origin) || names.isOrigin(origin, host)) return
    throw foreignOrigin()
  }
}
