import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { visit } from 'yaml'
import type { z } from 'zod'
import { ConfigError, type ConfigFault } from './config-error.ts'
import { type Config, configSchema } from './config-schema.ts'
import { endpointsNamed } from './route-schema.ts'
import { schemaFaults, suggestion } from './schema-faults.ts'
import { readYaml } from './yaml-text.ts'

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
    const faults = schemaFaults(parsed.error, configSchema, values)
    throw new ConfigError(faults.map(({ path, message }) => ({ where: file.where(path), message })))
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
  const yaml = readYaml(text)
  const faults: ConfigFault[] = yaml.faults.map(({ line, message }) => ({ where: `${name}:${line}`, message }))
  visit(yaml.document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string') return
      node.value = node.value.replace(/\$\{(env|file):([^}]+)\}/g, (_match, kind: string, key: string) => {
        const secret = kind === 'env' ? env[key] : readText(key, false).trim()
        if (secret === undefined || secret === '') {
          faults.push({
            where: `${name}:${yaml.lineAt(node.range?.[0] ?? 0)}`,
            message: kind === 'env' ? `environment variable ${key} is not set` : `file ${key} is missing or empty`,
          })
        }
        return secret ?? ''
      })
    },
  })
  if (faults.length > 0) throw new ConfigError(faults)
  const values = yaml.value() ?? {}
  if (typeof values !== 'object' || Array.isArray(values)) {
    throw new ConfigError([{ where: `${name}:1`, message: 'expected keys and values at the top level' }])
  }
  return {
    values: values as Record<string, unknown>,
    where(keys) {
      const line = yaml.lineOf(keys)
      if (line !== null) return `${name}:${line} ${keys.join('.')}`
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
