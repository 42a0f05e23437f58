/** `10-4-0-1`, `ip-10-4-0-1`, `ec2-3-80-1-2`, `host-10-4-0-1`. */
const DASHED_IPV4 = /^(?:[a-z][a-z0-9]{0,15}-)?\d{1,3}-\d{1,3}-\d{1,3}-\d{1,3}$/
/** An endpoint of a service: what stands behind the address is the service's name. */
const ENDPOINT = /^[a-z0-9-]+\.([a-z0-9-]+\.[a-z0-9-]+\.svc(?:\.[a-z0-9.-]+)?)$/

/**
 * Names that clouds and Kubernetes make from an address or an id of a node, pod or container.
 * Sources: EC2 instance hostname types, DNS of Kubernetes services and pods, node names of GKE and AKS, names of pods of
 * a ReplicaSet, Docker's default hostnames.
 */
const MADE_NAMES: readonly RegExp[] = [
  /^ip-[0-9a-f]{8}(?:\.|$)/,
  /^i-[0-9a-f]{8,17}(?:\.|$)/,
  /^gke-.+-[0-9a-f]{8}-[a-z0-9]{4}(?:\.|$)/,
  /^aks-.+-vmss[0-9a-z]{6}(?:\.|$)/,
  /\.pod(?:\.cluster\.[a-z0-9.-]+)?$/,
  /^[a-z][a-z0-9-]*-[bcdfghjklmnpqrstvwxz2456789]{8,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/,
  /^(?=.*\d)(?:[0-9a-f]{12}|[0-9a-f]{64})$/,
]

/** What a host name says when it is made from an address: the service behind it, or '' for none. Null: it is a name. */
export function podName(host: string): string | null {
  const dot = host.indexOf('.')
  const label = dot < 0 ? host : host.slice(0, dot)
  if (DASHED_IPV4.test(label)) return ENDPOINT.exec(host)?.[1] ?? ''
  return MADE_NAMES.some((pattern) => pattern.test(host)) ? '' : null
}
