import { NAMES } from './attribute-names.ts'
import { read } from './attributes.ts'
import type { SpanFacts } from './call.ts'

const NATIVE_PREFIX = /^(?:Sent|Recv)\./

/** `pkg.Service/Method`, from one attribute (new), two (old) or the span's name; '' without any. */
export function rpcMethodOf({ attributes, name }: SpanFacts): string {
  const method = read(attributes, NAMES.rpcMethod)
  const service = read(attributes, NAMES.rpcService)
  if (method.includes('/')) return plain(method)
  if (method !== '') return service === '' ? plain(method) : `${plain(service)}/${method}`
  if (name.includes('/') && !name.includes(' ')) return plain(name)
  return service
}

/** `pkg.Service`, or ''. */
export function rpcServiceOf(span: SpanFacts): string {
  const service = read(span.attributes, NAMES.rpcService)
  if (service !== '') return service
  const method = rpcMethodOf(span)
  return method.slice(0, Math.max(0, method.lastIndexOf('/')))
}

const plain = (method: string): string => (method.startsWith('/') ? method.slice(1) : method).replace(NATIVE_PREFIX, '')
