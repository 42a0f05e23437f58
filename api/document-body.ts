import type { Context } from 'hono'
import { z } from 'zod'
import { Problem } from './problem.ts'

const MAX_CHARACTERS = 1_000_000
const FORMATS = /^(application\/(json|yaml|x-yaml)|text\/(yaml|x-yaml|plain))\b/

/** The body of routes that take OpenSLO documents, for the OpenAPI document. */
export const documentBody = {
  required: true,
  content: {
    'application/yaml': {
      schema: z.string().meta({ description: 'OpenSLO documents, YAML or JSON; references among them are resolved' }),
    },
  },
}

/** The text of OpenSLO documents in a request; throws a Problem for what is neither YAML nor JSON, or too long. */
export async function readDocumentText(c: Context): Promise<string> {
  if (!FORMATS.test(c.req.header('content-type') ?? ''))
    throw new Problem('unsupported-body', 'Send the OpenSLO documents as application/yaml or application/json')
  if (Number(c.req.header('content-length') ?? 0) > 4 * MAX_CHARACTERS) throw tooLarge()
  const text = await c.req.text()
  if (text.length > MAX_CHARACTERS) throw tooLarge()
  return text
}

const tooLarge = () => new Problem('body-too-large', `Send at most ${MAX_CHARACTERS} characters`)
