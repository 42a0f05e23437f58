import { HOST_SOURCES, NAMES } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, first, read } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'
import { isIpv4, isIpv6, isPodAddress, plainAddress } from './ip-address.ts'
import { podName } from './pod-name.ts'

export const HOST_MAX_CHARS = 200

export interface Host {
  /** Lower case, without user info, brackets, trailing dot; port kept only where `isName` cannot tell hosts apart. */
  text: string
  /** Not an IP literal, nor a name made from one. */
  isName: boolean
  /** One of many pods or nodes (see `isPodAddress` and `podName`). */
  isPod: boolean
}

const NO_HOST: Host = { text: '', isName: false, isPod: false }

/** Well-known ports say nothing about which host it is. */
const USUAL_PORTS: ReadonlySet<string> = new Set(['80', '443'])

/**
 * The other side's host, from the best attribute that has one; `text` is '' when none has. Where that is an address, a
 * proxy's name for the cluster behind it is better.
 */
export function hostOf(attributes: Attributes): Host {
  for (const { address, ports } of HOST_SOURCES) {
    const value = first(attributes.get(address) ?? '')
    if (value === '') continue
    const parsed = parseAuthority(authorityOf(value, address))
    if (parsed.host === '') continue
    if (!parsed.isIp && parsed.host !== 'localhost') return hostNamed(parsed)
    const cluster = clusterOf(attributes)
    if (cluster !== '') return hostNamed(parseAuthority(cluster))
    // Of Envoy, this is who called the proxy.
    if (address === 'peer.address' && isProxy(attributes)) continue
    const text = withPort(parsed.host, parsed.port || validPort(read(attributes, ports)))
    return { text, isName: !parsed.isIp, isPod: parsed.isPod }
  }
  const cluster = clusterOf(attributes)
  return cluster === '' ? NO_HOST : hostNamed(parseAuthority(cluster))
}

/** The host that a text names: `tcp:db.example,1433` → `db.example`. */
export const hostIn = (text: string): Host => {
  const parsed = parseAuthority(cut(text, 1000))
  return parsed.isIp
    ? { text: withPort(parsed.host, parsed.port), isName: false, isPod: parsed.isPod }
    : hostNamed(parsed)
}

const hostNamed = ({ host, isPod }: Authority): Host => ({ text: host, isName: !isPod, isPod })

/** Names that Istio gives to traffic which is for no cluster of the mesh. */
const NO_CLUSTER = /^(?:-|.*passthroughcluster.*|blackholecluster|xds-grpc|prometheus_stats|agent)$/i
/** `outbound|9080||reviews.shop.svc.cluster.local`, and with the separators of SNI. */
const ISTIO_CLUSTER = /^(?:outbound|inbound)(?:\||_\.)\d+(?:\||_\.)[^|]*?(?:\||_\.)(.*)$/

/** What Envoy calls what it sent to, or ''. Source: https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/observability/tracing. */
function clusterOf(attributes: Attributes): string {
  const cluster = read(attributes, NAMES.envoyCluster)
  if (cluster === '' || NO_CLUSTER.test(cluster)) return ''
  return cut(ISTIO_CLUSTER.exec(cluster)?.[1] ?? cluster, HOST_MAX_CHARS)
}

const isProxy = (attributes: Attributes): boolean =>
  read(attributes, NAMES.envoyCluster) !== '' ||
  read(attributes, NAMES.responseFlags) !== '' ||
  read(attributes, NAMES.openTracingComponent) === 'proxy'

function withPort(host: string, port: string): string {
  if (port === '' || USUAL_PORTS.has(port)) return host
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

const validPort = (port: string): string =>
  /^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= 65_535 ? port : ''

/** URLs are as many as requests, so only their authority is worth remembering. */
function authorityOf(value: string, attribute: string): string {
  if (attribute !== 'url.full' && attribute !== 'http.url') return cut(value, 1000)
  const start = value.indexOf('://')
  if (start < 0) return ''
  return cut(value, 4096)
    .slice(start + 3)
    .split(/[/?#]/, 1)[0]!
}

const SCHEME_URL = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)\/?(.*)$/i
/** Schemes whose authority is the host; of gRPC's resolvers it is the path. */
const HAS_AUTHORITY =
  /^(?:https?|wss?|grpcs?|postgres(?:ql)?|mysql|mariadb|sqlserver|redis|rediss|valkeys?|mongodb(?:\+srv)?|amqps?|kafka|nats|mqtts?|pulsar(?:\+ssl)?|cassandra|clickhouse|memcached|tcp|tls|ssl|udp):/i
/** gRPC name resolution without `//`. Source: https://github.com/grpc/grpc/blob/master/doc/naming.md. */
const RESOLVER = /^(?:dns|ipv4|ipv6|xds|passthrough|unix|unix-abstract|vsock):(?!\d+$)(.+)$/i
/** Transports of SQL Server's data sources. Source: `SqlConnection.ConnectionString`. */
const SQL_SERVER_TRANSPORT = /^(?:tcp|np|lpc|admin|udp):(?!\d+$)(?!\/\/)/i

interface Authority {
  host: string
  /** '' when not stated. */
  port: string
  isIp: boolean
  isPod: boolean
}

/** `user@Pay.Example.:8443` → `pay.example`, `8443`; `dns:///pay.svc:50051` → `pay.svc`, `50051`. */
const parseAuthority: (text: string) => Authority = boundedMemo((text) => {
  const [endpoint = ''] = endpointOf(
    text
      .trim()
      .replace(SQL_SERVER_TRANSPORT, '')
      .replace(/^jdbc:/i, ''),
  ).split(',', 1)
  const plain = withoutPath(endpoint.slice(endpoint.lastIndexOf('@') + 1))
  const bracketed = /^\[([^\]]*)\](?::(\d+))?/.exec(plain)
  if (bracketed !== null) return authority(bracketed[1] ?? '', bracketed[2] ?? '')
  if (isIpv6(plain)) return authority(plain, '')
  const colon = plain.lastIndexOf(':')
  const port = colon < 0 ? '' : validPort(plain.slice(colon + 1))
  return authority(port === '' && !plain.endsWith(':') ? plain : plain.slice(0, colon), port)
})

/** `db:1521/ORCL`, `sql01\\shop`; what begins with a slash is a socket's file. */
function withoutPath(endpoint: string): string {
  const end = endpoint.search(/[/\\]/)
  return end <= 0 ? endpoint : endpoint.slice(0, end)
}

function authority(text: string, statedPort: string): Authority {
  const host = cut(asciiHost(text.toLowerCase().replace(/\.$/, '')), HOST_MAX_CHARS)
  const port = validPort(statedPort)
  if (isIpv4(host) || isIpv6(host)) {
    const address = plainAddress(host)
    return { host: address, port, isIp: true, isPod: isPodAddress(address) }
  }
  const service = podName(host)
  return { host: service || host, port, isIp: false, isPod: service === '' }
}

/** A name as DNS has it: `münchen.example` → `xn--mnchen-3ya.example`. What is no name stays as it is. */
function asciiHost(host: string): string {
  if (/^[\x20-\x7e]*$/.test(host) || host.length > HOST_MAX_CHARS) return host
  try {
    return new URL(`http://${host}`).hostname || host
  } catch {
    return host
  }
}

/** `dns://8.8.8.8/pay.svc:50051` → `pay.svc:50051`; `https://pay.example/v1` → `pay.example`. */
function endpointOf(text: string): string {
  const url = SCHEME_URL.exec(text)
  if (url !== null) {
    return HAS_AUTHORITY.test(text) || url[2] === '' ? (url[1] ?? '') : (url[2] ?? '')
  }
  return RESOLVER.exec(text)?.[1] ?? text
}
