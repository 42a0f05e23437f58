import { loadConfig } from '../runtime/config.ts'
import { planObjects } from '../slo/openslo/plan.ts'
import { type Verdicts, verdictsOf } from '../slo/openslo/verdict.ts'
import { type Problem, problemLine } from '../slo/problem.ts'
import { readSloPaths } from '../storage/slo-files.ts'

interface Options {
  strict?: boolean
  json?: boolean
  config?: string
}

/** `plumbline validate`: exit code 0 when every document is valid, 1 when one is not, 2 when there is none to judge. */
export async function runValidate(paths: string[], options: Options): Promise<void> {
  try {
    const { config } = options
    const endpoints =
      config === undefined
        ? undefined
        : loadConfig({ path: config, env: process.env }).endpoints.map(({ name }) => name)
    const verdicts = await validatePaths(paths, { ...options, endpoints })
    console.log(options.json ? JSON.stringify({ documents: verdicts.documents }) : reportOf(verdicts))
    if (verdicts.documents.length === 0) throw new Error(`no OpenSLO documents in ${paths.join(', ')}`)
    process.exitCode = verdicts.documents.every(({ valid }) => valid) ? 0 : 1
  } catch (error) {
    console.error(`plumbline: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 2
  }
}

/**
 * The verdict on every document in files and folders; references are resolved over all of them.
 * @param endpoints of the configuration, where it is known: notification targets are compared with them
 */
export async function validatePaths(
  paths: readonly string[],
  { strict = false, endpoints }: { strict?: boolean; endpoints?: readonly string[] | undefined } = {},
): Promise<Verdicts> {
  const { objects, problems } = await readSloPaths(paths)
  return verdictsOf(planObjects(objects, { strict, endpoints }), { unread: problems, strict })
}

/** One line per problem, then what came of it all. */
export function reportOf({ documents, problems, unmeasurable }: Verdicts): string {
  const lines = problems.map(problemLine)
  if (unmeasurable.length > 0) {
    lines.push('', 'Valid, and not for Plumbline to measure:', ...unmeasurable.map(noteLine))
  }
  const invalid = documents.filter(({ valid }) => !valid).length
  const files = new Set(documents.map(({ file }) => file)).size
  const counts = [
    `${count(documents.length, 'document')} in ${count(files, 'file')}`,
    invalid === 0 ? 'all valid' : `${documents.length - invalid} valid, ${invalid} invalid`,
    `${count(problems.filter(({ severity }) => severity === 'error').length, 'error')}, ${count(problems.filter(({ severity }) => severity === 'warning').length, 'warning')}`,
  ]
  return [...lines, ...(lines.length > 0 ? [''] : []), counts.join('; ')].join('\n')
}

const noteLine = ({ file, line, path, message }: Problem): string => `${file}:${line}: ${path}: ${message}`

const count = (number: number, thing: string): string => `${number} ${thing}${number === 1 ? '' : 's'}`
