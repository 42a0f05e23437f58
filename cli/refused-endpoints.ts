import { EgressRefusedError, egressGuard, mailGuard } from '../evaluator/notify/egress.ts'
import type { Config } from '../runtime/config-schema.ts'

/**
 * Endpoints of the configuration to which no message would be sent, each with the reason: known at the start, not at the
 * first page. A name that cannot be resolved now is no reason.
 */
export async function refusedEndpoints({
  endpoints,
  egress,
}: Pick<Config, 'endpoints' | 'egress'>): Promise<{ endpoint: string; reason: string }[]> {
  const mayFetch = egressGuard(egress)
  const mayMail = mailGuard(egress)
  const found = await Promise.all(
    endpoints.map(async (endpoint) => {
      try {
        if (endpoint.type === 'email') await mayMail(endpoint.smtp.host, endpoint.smtp.port)
        else await mayFetch(endpoint.url)
        return []
      } catch (error) {
        return error instanceof EgressRefusedError ? [{ endpoint: endpoint.name, reason: error.message }] : []
      }
    }),
  )
  return found.flat()
}
