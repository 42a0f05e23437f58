import type { z } from 'zod'
import type { configSchema } from '../../runtime/config-schema.ts'

/**
 * Known to everyone and worth nothing: both ends of it live on loopback in one demo. Real ones come from
 * `${env:…}` or `${file:…}`.
 */
export const DEMO_SECRET = `whsec_${Buffer.from('plumbline demo, not a secret at all').toString('base64')}`

/** What the demo sets over the configuration: a store of its own, and every page to the receiver at `url`. */
export function demoConfig(url: string): z.input<typeof configSchema> {
  return {
    dataDir: './data/demo',
    sloDir: './slos',
    bind: '127.0.0.1',
    clickhouse: 'embedded',
    egress: { allow: ['127.0.0.0/8'], insecureHttp: true },
    endpoints: [{ name: 'demo-oncall', type: 'webhook', url, secret: DEMO_SECRET }],
    routes: [{ match: {}, endpoints: ['demo-oncall'] }],
    log: { level: 'warn' },
  }
}
