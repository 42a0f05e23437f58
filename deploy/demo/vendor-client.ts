import { setTimeout as sleep } from 'node:timers/promises'
import { context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { core } from '@opentelemetry/sdk-node'

/** What one attempt at a vendor's API said. */
export type VendorAnswer = { ok: true; value: unknown } | { ok: false; retryable: boolean }

const TIMEOUT_MS = 2_000
const RETRY_AFTER_MS = 100

/**
 * A vendor's own client library: its span covers request and parsing, as those of cloud SDKs do, so a broken
 * contract shows on the call itself. HTTP underneath is not traced a second time. One retry where it may help.
 */
export function vendorClient(name: string, baseUrl: string) {
  const tracer = trace.getTracer(`${name}-client`, '2.3.0')
  const { hostname, port } = new URL(baseUrl)

  const attempt = (method: string, path: string, template: string, resend: number, body?: unknown) =>
    tracer.startActiveSpan(
      `${method} ${template}`,
      {
        kind: SpanKind.CLIENT,
        attributes: {
          'service.peer.name': name,
          'http.request.method': method,
          'url.full': `${baseUrl}${path}`,
          'url.template': template,
          'server.address': hostname,
          'server.port': Number(port),
          ...(resend > 0 ? { 'http.request.resend_count': resend } : {}),
        },
      },
      async (span): Promise<VendorAnswer> => {
        try {
          const response = await context.with(core.suppressTracing(context.active()), () =>
            fetch(`${baseUrl}${path}`, {
              method,
              signal: AbortSignal.timeout(TIMEOUT_MS),
              ...(body === undefined ? {} : { body: JSON.stringify(body) }),
            }),
          )
          span.setAttribute('http.response.status_code', response.status)
          const requestId = response.headers.get('x-request-id')
          if (requestId) span.setAttribute('http.response.header.x-request-id', requestId)
          const text = await response.text()
          if (response.ok) return { ok: true, value: JSON.parse(text) }
          span.setAttribute('error.type', String(response.status)).setStatus({ code: SpanStatusCode.ERROR })
          return { ok: false, retryable: response.status >= 500 || response.status === 429 }
        } catch (error) {
          fail(span, error)
          return { ok: false, retryable: !(error instanceof SyntaxError) }
        } finally {
          span.end()
        }
      },
    )

  return async (method: string, path: string, template: string, body?: unknown): Promise<VendorAnswer> => {
    const first = await attempt(method, path, template, 0, body)
    if (first.ok || !first.retryable) return first
    await sleep(RETRY_AFTER_MS)
    return attempt(method, path, template, 1, body)
  }
}

/** `fetch failed` says nothing: the cause does. */
function fail(span: Span, error: unknown): void {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return
  span.recordException(cause)
  span.setAttribute('error.type', 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.name)
  span.setStatus({ code: SpanStatusCode.ERROR, message: cause.message })
}
