import { cut } from './attributes.ts'

const TYPE_MAX_CHARS = 300
const POINTER = /^[*&]+/
const PACKAGES = /^(?:[a-z0-9_$-]+(?:\.|::|\/|\\))+/
/** Packages that say by themselves what failed, as in Go's `x509.UnknownAuthorityError`. */
const TELLING_PACKAGE = /(?:^|[./])((?:tls|x509|ssl)\.)[^./]*$/
const SEPARATORS = /::|[./\\$:]+/g
const CAMEL_CASE = /([\p{Ll}\d])(\p{Lu})/gu
const ACRONYM = /(\p{Lu}+)(\p{Lu}\p{Ll})/gu

/**
 * A type name as lower-case words, so that patterns can be anchored at words in any spelling:
 * `java.net.SocketTimeoutException` → `socket_timeout_exception`, `requests.exceptions.SSLError` → `ssl_error`,
 * `Polly.CircuitBreaker.BrokenCircuitException` → `polly.circuit_breaker.broken_circuit_exception`.
 * Leading lower-case packages are dropped: they name the library, not the failure.
 */
export function typeWords(type: string): string {
  const name = cut(type, TYPE_MAX_CHARS).trim().replace(POINTER, '')
  const telling = TELLING_PACKAGE.exec(name)?.[1] ?? ''
  return `${telling}${name.replace(PACKAGES, '')}`
    .replace(SEPARATORS, '.')
    .replace(CAMEL_CASE, '$1_$2')
    .replace(ACRONYM, '$1_$2')
    .replace(/[\s-]+/g, '_')
    .toLowerCase()
}
