import { generationsOf } from './attribute-names.ts'
import type { Attributes } from './attributes.ts'
import { cut, read } from './attributes.ts'
import { boundedMemo } from './bounded-memo.ts'
import { isHealthChecker } from './health-checkers.ts'
import { pathSegments } from './operation-path.ts'
import type { Direction } from './outcome.ts'
import { DEFAULT_MAX_WEIGHT } from './sampling.ts'

/** What a configuration may decide about calls; it runs before every built-in rule. */
export interface CallRules {
  /** The first whose `match` fits names the dependency. */
  aliases: readonly AliasRule[]
  /** The first that fits an HTTP call's path is its operation path. */
  pathTemplates: readonly PathTemplate[]
  /** Attributes kept with the call, of the span or else of its resource; under today's name, former ones are read, too. */
  promote: readonly string[]
  /** For how many calls one may stand at most; absent: {@link DEFAULT_MAX_WEIGHT}. */
  maxWeight?: number
  /** User agents of health checkers beyond the built-in ones; case does not matter, `*` stands for any run of characters. */
  healthCheckers?: readonly string[] | undefined
}

export interface AliasRule {
  /**
   * The dependency as it would be named without rules, or the host. Case does not matter, `*` stands for any run of
   * characters: `*.dkr.ecr.*.amazonaws.com`, `postgresql/shop_*`.
   */
  match: string
  dependency: string
}

export interface PathTemplate {
  /** Only calls to this dependency (its name after aliases); absent: all, the service's own inbound ones too. */
  dependency?: string | undefined
  /** `/v1/{tenant}/orders/{id}`: a `{name}` stands for one segment, a final `*` for any rest. Case matters. */
  template: string
}

export const NO_RULES: CallRules = { aliases: [], pathTemplates: [], promote: [], healthCheckers: [] }

export const maxWeightOf = ({ maxWeight = DEFAULT_MAX_WEIGHT }: CallRules): number => maxWeight

export const PROMOTED_MAX_CHARS = 1024

export interface CompiledRules {
  /** The name to use for a dependency and the host it was derived with. */
  alias(dependency: string, host: string): string
  /** The template that fits, or '' for none; null when no path has one. */
  pathTemplate: ((dependency: string, urlOrPath: string) => string) | null
  isHealthChecker(userAgent: string): boolean
  /** `resource` is asked for only where the span does not tell. */
  promoted(span: Attributes, resource: () => Attributes, direction: Direction): ReadonlyMap<string, string>
}

const compiled = new WeakMap<CallRules, CompiledRules>()

/** Compiles once per rules object; a changed configuration is a new object. */
export function compileRules(rules: CallRules): CompiledRules {
  const known = compiled.get(rules)
  if (known !== undefined) return known
  const fresh: CompiledRules = {
    alias: compileAliases(rules.aliases),
    pathTemplate: compilePathTemplates(rules.pathTemplates),
    isHealthChecker: compileHealthCheckers(rules.healthCheckers ?? []),
    promoted: compilePromote(rules.promote),
  }
  compiled.set(rules, fresh)
  return fresh
}

function compileAliases(aliases: readonly AliasRule[]): CompiledRules['alias'] {
  if (aliases.length === 0) return (dependency) => dependency
  const patterns = aliases.map(({ match, dependency }) => ({ fits: wildcard(match), dependency }))
  const find = boundedMemo((pair) => {
    const [name = '', host = ''] = pair.split('\n')
    return patterns.find(({ fits }) => fits(name) || (host !== '' && fits(host)))?.dependency ?? name
  })
  return (dependency, host) => find(`${dependency.replaceAll('\n', ' ')}\n${host}`)
}

const USER_AGENT_MAX_CHARS = 1000

function compileHealthCheckers(patterns: readonly string[]): CompiledRules['isHealthChecker'] {
  const own = patterns.map(wildcard)
  return boundedMemo(
    (userAgent) => {
      const read = cut(userAgent, USER_AGENT_MAX_CHARS)
      return isHealthChecker(read) || own.some((fits) => fits(read))
    },
    { entries: 512 },
  )
}

/** Matches piece by piece instead of by RegExp, so that no configured pattern can be slow. */
export function wildcard(pattern: string): (text: string) => boolean {
  const [head = '', ...rest] = pattern.toLowerCase().split('*')
  if (rest.length === 0) return (text) => text.toLowerCase() === head
  const tail = rest.at(-1) ?? ''
  const middle = rest.slice(0, -1)
  return (text) => {
    const lower = text.toLowerCase()
    if (!lower.startsWith(head) || !lower.endsWith(tail)) return false
    let from = head.length
    for (const piece of middle) {
      const found = lower.indexOf(piece, from)
      if (found < 0) return false
      from = found + piece.length
    }
    return from + tail.length <= lower.length
  }
}

function compilePathTemplates(templates: readonly PathTemplate[]): CompiledRules['pathTemplate'] {
  if (templates.length === 0) return null
  const patterns = templates.map(({ dependency, template }) => ({
    dependency,
    template,
    segments: template.split('/').filter((segment) => segment !== ''),
  }))
  return (dependency, urlOrPath) => {
    const path = pathSegments(urlOrPath)
    const fitting = patterns.find(
      (pattern) =>
        (pattern.dependency === undefined || pattern.dependency === dependency) && fitsPath(pattern.segments, path),
    )
    return fitting?.template ?? ''
  }
}

function fitsPath(pattern: readonly string[], path: readonly string[]): boolean {
  const open = pattern.at(-1) === '*'
  const fixed = open ? pattern.length - 1 : pattern.length
  if (open ? path.length < fixed : path.length !== fixed) return false
  for (let at = 0; at < fixed; at++) {
    const wanted = pattern[at]!
    if (!(wanted.startsWith('{') && wanted.endsWith('}')) && wanted !== path[at]) return false
  }
  return true
}

const NOTHING: ReadonlyMap<string, string> = new Map()

function compilePromote(names: readonly string[]): CompiledRules['promoted'] {
  if (names.length === 0) return () => NOTHING
  const generations = (direction: Direction) => names.map((name) => ({ name, all: generationsOf(name, direction) }))
  const promoted = { inbound: generations('inbound'), outbound: generations('outbound') }
  return (span, resource, direction) => {
    const kept = new Map<string, string>()
    for (const { name, all } of promoted[direction]) {
      const value = read(span, all) || read(resource(), all)
      if (value !== '') kept.set(name, cut(value, PROMOTED_MAX_CHARS))
    }
    return kept
  }
}
