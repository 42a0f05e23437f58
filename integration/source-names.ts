import type { CallSource } from './call.ts'
import { GIVES_WAY_AFTER_MS, OVERFLOW } from './cardinality.ts'

const HOUR_MS = 3_600_000
const GIVES_WAY_AFTER = GIVES_WAY_AFTER_MS / HOUR_MS

/** Kinds of names a call has besides its dependency and operation. */
export type NameKind = keyof typeof LIMITS

/**
 * How many of a kind are told apart within a day; more than any installation that means its names, and few enough for memory,
 * the store's dictionaries and `/metrics`. Versions are many where every build has one.
 */
export const LIMITS = {
  service: 2_000,
  env: 100,
  version: 5_000,
  region: 200,
  errorType: 2_000,
  metric: 20_000,
} as const

/** Names of one kind: the first ones are admitted, others are {@link OVERFLOW} until one was not seen for a day. */
class Names {
  readonly #limit: number
  /** Name → the hour it was seen last. */
  readonly #seen = new Map<string, number>()
  /** The hour in which none was found to give way. */
  #searched = -1

  constructor(limit: number) {
    this.#limit = limit
  }

  isAdmitted(name: string, hour: number, isInUse: boolean): boolean {
    if (!this.#seen.has(name) && !isInUse && this.#isFull(hour)) return false
    this.#seen.set(name, hour)
    return true
  }

  #isFull(hour: number): boolean {
    if (this.#seen.size < this.#limit) return false
    if (this.#searched === hour) return true
    for (const [name, seen] of this.#seen) if (hour - seen >= GIVES_WAY_AFTER) this.#seen.delete(name)
    this.#searched = hour
    return this.#seen.size >= this.#limit
  }
}

/** Keeps the names of services, environments, versions, regions, types of errors and metrics few. */
export class SourceNames {
  readonly #names: Readonly<Record<NameKind, Names>>
  #servicesInUse: ReadonlySet<string> = new Set()
  #hour: number
  /** Calls that have {@link OVERFLOW} in place of a name, since the start. */
  readonly refusedCalls: Record<NameKind, number> = {
    service: 0,
    env: 0,
    version: 0,
    region: 0,
    errorType: 0,
    metric: 0,
  }

  /** @param services in store, so that a restart admits the same ones */
  constructor(services: Iterable<string> = [], nowMs = 0, limits: Readonly<Record<NameKind, number>> = LIMITS) {
    const kinds = Object.entries(limits).map(([kind, limit]) => [kind, new Names(limit)])
    this.#names = Object.fromEntries(kinds) as Record<NameKind, Names>
    this.#hour = Math.floor(nowMs / HOUR_MS)
    for (const service of services) this.admit('service', service)
  }

  advance(nowMs: number): void {
    this.#hour = Math.max(this.#hour, Math.floor(nowMs / HOUR_MS))
  }

  /** Services that SLOs select: never refused. */
  keepInUse(services: ReadonlySet<string>): void {
    this.#servicesInUse = services
  }

  /** The name, or {@link OVERFLOW} where there are too many of its kind. */
  admit(kind: NameKind, name: string): string {
    const isInUse = kind === 'service' && this.#servicesInUse.has(name)
    return name === '' || this.#names[kind].isAdmitted(name, this.#hour, isInUse) ? name : OVERFLOW
  }

  /** The same of all that the calls of one resource share. */
  admitSource({ env, service, version, region }: CallSource): CallSource {
    return {
      env: this.admit('env', env),
      service: this.admit('service', service),
      version: this.admit('version', version),
      region: this.admit('region', region),
    }
  }
}
