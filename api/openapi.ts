import type { OpenAPIHono } from '@hono/zod-openapi'

/** The OpenAPI 3.1 document of all routes, generated from the schemas that check requests and describe answers. */
export function describeApi(app: OpenAPIHono, version: string) {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description:
      'A token of scope `read`, of scope `write` where something is changed; needed only where the configuration has tokens',
  })
  return app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'Plumbline',
      version,
      description: 'SLOs, incidents, dependencies and traces. Errors are RFC 9457 problem details.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }, {}],
    tags: [
      { name: 'slos', description: 'Objectives, budgets and burn rates' },
      { name: 'incidents', description: 'What fires and what fired' },
      { name: 'silences', description: 'Who is not told, and planned work' },
      { name: 'alertmanager', description: "Alertmanager's API v2, as far as amtool asks for it" },
      { name: 'dependencies', description: 'Health of what is called' },
      { name: 'traces', description: 'Single requests' },
      { name: 'operations', description: 'For those who run Plumbline' },
    ],
  })
}
