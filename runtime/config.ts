import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { distance } from 'fastest-levenshtein'
import { isScalar, LineCounter, parseDocument, visit } from 'yaml'
import type { z } from 'zod'
import { ConfigError, type ConfigFault } from './config-error.ts'
import { type Config, configSchema } from './config-schema.ts'
import { endpointsNamed } from './route-schema.ts'

export interface ConfigSources {
  /** `--config`; must exist. Without it `PLUMBLINE_CONFIG`, else `plumbline.yaml` of the working directory if there is one. */
  path?: string | undefined
  env: Record<string, string | undefined>
  /** Values that win over file and environment, in the shape of the file. */
  overrides?: Record<string, unknown> | undefined
}

/**
 * Reads the file, replaces `${env:NAME}` and `${file:path}`, lays the environment and the overrides over it, and checks it all.
 * @throws ConfigError naming every fault at once
 */
export function loadConfig({ path, env, overrides = {} }: ConfigSources): Config {
  const file = readFile(path ?? env.PLUMBLINE_CONFIG, env)
  const values = merge(merge(file.values, environmentValues(env)), overrides)
  const parsed = configSchema.safeParse(values)
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.flatMap((issue) => describe(issue, file)))
  }
  const faults = crossCheck(parsed.data)
  if (faults.length > 0)
    throw new ConfigError(faults.map((fault) => ({ ...fault, where: file.where(fault.where.split('.')) })))
  return parsed.data
}

interface ConfigFile {
  values: Record<string, unknown>
  /** `plumbline.yaml:12 ports.api` for a key the file has, else the key alone. */
  where(path: PropertyKey[]): string
}

function readFile(path: string | undefined, env: ConfigSources['env']): ConfigFile {
  const name = path ?? 'plumbline.yaml'
  const text = readText(name, path !== undefined)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const faults: ConfigFault[] = document.errors.map((error) => ({
    where: `${name}:${error.linePos?.[0].line ?? 1}`,
    message: error.message.split('\n')[0] ?? 'not valid YAML',
  }))
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string') return
      node.value = node.value.replace(/\$\{(env|file):([^}]+)\}/g, (_match, kind: string, key: string) => {
        const secret = kind === 'env' ? env[key] : readText(key, false).trim()
        if (secret === undefined || secret === '') {
          const line = node.range ? lines.linePos(node.range[0]).line : 1
          faults.push({
            where: `${name}:${line}`,
            message: kind === 'env' ? `environment variable ${key} is not set` : `file ${key} is missing or empty`,
          })
        }
        return secret ?? ''
      })
    },
  })
  if (faults.length > 0) throw new ConfigError(faults)
  const values: unknown = document.toJS() ?? {}
  if (typeof values !== 'object' || Array.isArray(values)) {
    throw new ConfigError([{ where: `${name}:1`, message: 'expected keys and values at the top level' }])
  }
  return {
    values: values as Record<string, unknown>,
    where(keys) {
      for (let depth = keys.length; depth > 0; depth--) {
        const node = document.getIn(keys.slice(0, depth), true)
        const range =
          isScalar(node) || (typeof node === 'object' && node !== null && 'range' in node) ? node.range : null
        if (range) return `${name}:${lines.linePos((range as number[])[0] ?? 0).line} ${keys.join('.')}`
      }
      return keys.join('.') || name
    },
  }
}

function readText(path: string, required: boolean): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (!required) return ''
    throw new ConfigError([
      { where: path, message: `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? cause}` },
    ])
  }
}

/** `ports.otlpHttp` → `PLUMBLINE_PORTS_OTLP_HTTP`. */
export const environmentName = (path: readonly string[]): string =>
  ['plumbline', ...path]
    .map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`))
    .join('_')
    .toUpperCase()

/** Every key that a value can be given to, as paths; of `clickhouse` the server's keys and the word `embedded`. */
export function configKeys(schema: z.ZodType = configSchema, path: string[] = []): string[][] {
  const { def } = schema as unknown as {
    def: { type: string; innerType?: z.ZodType; options?: z.ZodType[]; shape?: Record<string, z.ZodType> }
  }
  if (def.shape) return Object.entries(def.shape).flatMap(([key, inner]) => configKeys(inner, [...path, key]))
  if (def.innerType) return configKeys(def.innerType, path)
  const objects = (def.options ?? [])
    .flatMap((option) => configKeys(option, path))
    .filter((keys) => keys.length > path.length)
  return [path, ...objects]
}

/** Values in the shape of the file as the environment variables that mean the same, for a child process. */
export function toEnvironment(values: Record<string, unknown>, path: string[] = []): Record<string, string> {
  const entries = Object.entries(values).flatMap(([key, value]): [string, string][] => {
    if (value === undefined) return []
    if (isObject(value)) return Object.entries(toEnvironment(value, [...path, key]))
    return [[environmentName([...path, key]), Array.isArray(value) ? JSON.stringify(value) : String(value)]]
  })
  return Object.fromEntries(entries)
}

function environmentValues(env: ConfigSources['env']): Record<string, unknown> {
  const keys = new Map(configKeys().map((path) => [environmentName(path), path]))
  const faults: ConfigFault[] = []
  let values: Record<string, unknown> = {}
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('PLUMBLINE_') || name === 'PLUMBLINE_CONFIG' || text === undefined) continue
    const path = keys.get(name)
    if (!path) {
      faults.push({ where: name, message: `no such setting${suggestion(name, [...keys.keys()])}` })
      continue
    }
    values = merge(
      values,
      path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), fromText(text)) as Record<string, unknown>,
    )
  }
  if (faults.length > 0) throw new ConfigError(faults)
  return values
}

/** Lists and objects are given as JSON; everything else as it stands. */
const fromText = (text: string): unknown => (/^\s*[[{]/.test(text) ? JSON.parse(text) : text)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function merge(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const result = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const before = result[key]
    result[key] = isObject(before) && isObject(value) ? merge(before, value) : value
  }
  return result
}

function describe(issue: z.core.$ZodIssue, file: ConfigFile): ConfigFault[] {
  if (issue.code === 'unrecognized_keys') {
    const siblings = configKeys()
      .filter((path) => issue.path.every((key, depth) => path[depth] === key))
      .map((path) => path[issue.path.length] ?? '')
    return issue.keys.map((key) => ({
      where: file.where([...issue.path, key]),
      message: `unknown key${suggestion(key, [...new Set(siblings)])}`,
    }))
  }
  if (issue.code === 'invalid_union') {
    const closest = issue.errors.flat().filter((inner) => inner.path.length > 0)
    if (closest.length > 0)
      return closest.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, file))
    const messages = [...new Set(issue.errors.flat().map((inner) => inner.message))]
    return [{ where: file.where(issue.path), message: messages.join('; or: ') }]
  }
  return [{ where: file.where(issue.path), message: issue.message }]
}

/** `; did you mean ports?` when a known name is close. */
function suggestion(name: string, known: string[]): string {
  const [best] = known
    .map((candidate) => ({ candidate, edits: distance(name, candidate) }))
    .sort((a, b) => a.edits - b.edits)
  if (best && best.edits <= Math.max(2, name.length / 3)) return `; did you mean ${best.candidate}?`
  return known.length > 0 && known.length <= 16 ? `; known here: ${known.join(', ')}` : ''
}

export const isLoopback = (address: string): boolean =>
  address === 'localhost' || address === '::1' || (isIP(address) === 4 && address.startsWith('127.'))

/** Endpoints that are named and missing, or told in a way they do not want. */
function endpointFaults({ endpoints, routes, alerting }: Config): ConfigFault[] {
  const names = endpoints.map(({ name }) => name)
  const missing = (where: string, named: readonly string[]): ConfigFault[] =>
    named
      .filter((name) => !names.includes(name))
      .map((name) => ({ where, message: `there is no endpoint named ${name}${suggestion(name, names)}` }))
  const reserved = endpoints.filter(({ escalationOnly }) => escalationOnly).map(({ name }) => name)
  return [
    ...(new Set(names).size < names.length
      ? [{ where: 'endpoints', message: 'two endpoints have the same name' }]
      : []),
    ...endpointsNamed(routes).flatMap(({ where, name, escalates }) => [
      ...missing(where, [name]),
      ...(reserved.includes(name) && !escalates
        ? [{ where, message: `${name} is escalationOnly: name it as a fallback or in an escalation step` }]
        : []),
    ]),
    ...missing('alerting.meta.endpoints', alerting.meta.endpoints),
    ...endpoints.flatMap(({ name, fallback }, index) =>
      fallback === name
        ? [{ where: `endpoints.${index}.fallback`, message: `${name} cannot be its own fallback` }]
        : missing(`endpoints.${index}.fallback`, fallback === undefined ? [] : [fallback]),
    ),
  ]
}

/** What no single key can tell. `where` is the key to change. */
function crossCheck(config: Config): ConfigFault[] {
  const faults: ConfigFault[] = []
  faults.push(...endpointFaults(config))
  const fixed = Object.entries(config.ports).filter(([, port]) => port !== 0)
  fixed.forEach(([key, port], index) => {
    const other = fixed.slice(0, index).find(([, earlier]) => earlier === port)
    if (other) faults.push({ where: `ports.${key}`, message: `port ${port} is already ports.${other[0]}` })
  })
  if (!isLoopback(config.bind) && config.tokens.length === 0 && !config.insecure) {
    faults.push({
      where: 'bind',
      message: `${config.bind} can be reached from other machines: set tokens, or start with --insecure if the network around it is trusted`,
    })
  }
  return faults
}
