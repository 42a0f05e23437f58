import { ADDRESSES } from './dependency-name.ts'

/** Stands for every name beyond a cap. */
export const OVERFLOW = '_overflow'

export interface NameLimits {
  dependenciesPerService: number
  operationsPerDependency: number
  /** Names of all services together: bounds memory even against a sender that invents service names. */
  names: number
}

/**
 * 200 is more than a person can watch and far less than a store can hold; a service that needs more has ids in its
 * names, which a path template or an alias removes. 500,000 names take about 100 MB.
 */
export const DEFAULT_NAME_LIMITS: NameLimits = {
  dependenciesPerService: 200,
  operationsPerDependency: 200,
  names: 500_000,
}

export interface CallNames {
  service: string
  /** '' for inbound calls: not counted as a dependency, their operations are. */
  dependency: string
  operation: string
}

/** Names that SLOs select, of whatever service: never refused, and they never give way. */
export interface NamesInUse {
  dependencies: ReadonlySet<string>
  operations: ReadonlySet<string>
}

/** A name that was not seen for so long gives way to a new one when there are too many. */
export const GIVES_WAY_AFTER_MS = 86_400_000
/** Names are seen in hours: fine enough for a day, and cheap. */
const HOUR_MS = 3_600_000
const GIVES_WAY_AFTER = GIVES_WAY_AFTER_MS / HOUR_MS

/** The hour a name was seen last. */
interface Seen {
  seen: number
}

interface Dependency extends Seen {
  operations: Names<Seen>
}

/** Names of one kind; `searched` is the hour in which none of them was found to give way. */
interface Names<T> {
  byName: Map<string, T>
  searched: number
}

const noNames = <T>(): Names<T> => ({ byName: new Map(), searched: -1 })

/**
 * Keeps names few: the first ones of each service and dependency are admitted, later ones become {@link OVERFLOW} until a
 * name gives way that was not seen for a day. Seed it with the names in store, so that a restart admits the same ones.
 */
export class AdmittedNames {
  readonly #limits: NameLimits
  readonly #services = new Map<string, Names<Dependency>>()
  #inUse: NamesInUse = { dependencies: new Set(), operations: new Set() }
  /** What a service gets that came when everything was full. */
  readonly #latecomers = reserved()
  #names = 0
  #hour: number
  /** The hour in which all names were last looked through for those that give way. */
  #swept = -1
  /** Calls whose dependency, or operation alone, was refused: see `refusedCalls`. */
  #refused = { dependency: 0, operation: 0 }

  constructor(known: Iterable<CallNames> = [], limits: Partial<NameLimits> = {}, nowMs = 0) {
    this.#limits = { ...DEFAULT_NAME_LIMITS, ...limits }
    this.#hour = Math.floor(nowMs / HOUR_MS)
    for (const names of known) this.admit(names)
    this.#refused = { dependency: 0, operation: 0 }
  }

  /** How many names are remembered. */
  get size(): number {
    return this.#names
  }

  /** How many calls went to {@link OVERFLOW} since the start, by the kind of name that was one too many. */
  get refusedCalls(): Readonly<{ dependency: number; operation: number }> {
    return this.#refused
  }

  /** What is admitted from now on is seen at this time. */
  advance(nowMs: number): void {
    this.#hour = Math.max(this.#hour, Math.floor(nowMs / HOUR_MS))
  }

  keepInUse(names: NamesInUse): void {
    this.#inUse = names
  }

  /** The same object where its names are admitted, else a copy that says {@link OVERFLOW} where they are not. */
  admit<T extends CallNames>(names: T): T {
    const { dependency, operation } = names
    const dependencies = this.#dependenciesOf(names.service)
    const admitted = this.#admitDependency(dependencies, dependency)
    const asked = admitted ?? dependencies.byName.get(OVERFLOW)!
    const isKnown = this.#admitOperation(asked.operations, operation)
    if (admitted !== null && isKnown) return names
    if (admitted === null) this.#refused.dependency++
    else this.#refused.operation++
    return {
      ...names,
      dependency: admitted === null ? OVERFLOW : dependency,
      operation: isKnown ? operation : OVERFLOW,
    }
  }

  #dependenciesOf(service: string): Names<Dependency> {
    const known = this.#services.get(service)
    if (known !== undefined) return known
    if (this.#isFull()) this.#sweep()
    if (this.#isFull()) return this.#latecomers
    const fresh = reserved()
    this.#services.set(service, fresh)
    this.#names++
    return fresh
  }

  #admitDependency(names: Names<Dependency>, name: string): Dependency | null {
    const known = names.byName.get(name)
    if (known !== undefined) {
      known.seen = this.#hour
      return known
    }
    if (names === this.#latecomers && !this.#inUse.dependencies.has(name)) return null
    if (!this.#hasRoom(names, this.#limits.dependenciesPerService + RESERVED, this.#inUse.dependencies, name))
      return null
    const fresh: Dependency = { seen: this.#hour, operations: noNames() }
    names.byName.set(name, fresh)
    this.#names++
    return fresh
  }

  #admitOperation(names: Names<Seen>, name: string): boolean {
    if (name === OVERFLOW) return true
    const known = names.byName.get(name)
    if (known !== undefined) {
      known.seen = this.#hour
      return true
    }
    if (!this.#hasRoom(names, this.#limits.operationsPerDependency, this.#inUse.operations, name)) return false
    names.byName.set(name, { seen: this.#hour })
    this.#names++
    return true
  }

  /** Room for one more name, made by one that gives way if it must be. */
  #hasRoom<T extends Seen>(names: Names<T>, limit: number, inUse: ReadonlySet<string>, name: string): boolean {
    if (inUse.has(name)) return true
    if (names.byName.size < limit && !this.#isFull()) return true
    if (names.searched === this.#hour) return false
    const oldest = oldestOf(names, inUse)
    if (oldest === undefined || oldest.seen + GIVES_WAY_AFTER > this.#hour) {
      // Others were seen later still: an hour from now is soon enough to look again.
      names.searched = this.#hour
      return false
    }
    this.#forget(names, oldest.name)
    return names.byName.size < limit && !this.#isFull()
  }

  #forget<T extends Seen>(names: Names<T>, name: string): void {
    const forgotten: (T & Partial<Dependency>) | undefined = names.byName.get(name)
    names.byName.delete(name)
    this.#names -= 1 + (forgotten?.operations?.byName.size ?? 0)
  }

  /** Forgets every name, and every service, that was not seen for long. */
  #sweep(): void {
    if (this.#swept === this.#hour) return
    this.#swept = this.#hour
    const since = this.#hour - GIVES_WAY_AFTER
    for (const [service, names] of this.#services) {
      for (const [name, { seen, operations }] of names.byName) {
        for (const [operation, last] of operations.byName) if (last.seen <= since) this.#forget(operations, operation)
        if (!isReserved(name) && seen <= since && !this.#inUse.dependencies.has(name)) this.#forget(names, name)
      }
      const isUnused =
        names.byName.size === RESERVED && [...names.byName.values()].every((one) => one.operations.byName.size === 0)
      if (!isUnused) continue
      this.#services.delete(service)
      this.#names--
    }
  }

  #isFull(): boolean {
    return this.#names >= this.#limits.names
  }
}

function oldestOf(names: Names<Seen>, inUse: ReadonlySet<string>): { name: string; seen: number } | undefined {
  let oldest: { name: string; seen: number } | undefined
  for (const [name, { seen }] of names.byName) {
    const stays = isReserved(name) || inUse.has(name)
    if (!stays && (oldest === undefined || seen < oldest.seen)) oldest = { name, seen }
  }
  return oldest
}

/** Inbound calls have no dependency, and what overflows or is one of many must land somewhere: always admitted, and free. */
const ALWAYS_ADMITTED = ['', OVERFLOW, ADDRESSES] as const

function reserved(): Names<Dependency> {
  const names = noNames<Dependency>()
  for (const name of ALWAYS_ADMITTED) names.byName.set(name, { seen: 0, operations: noNames() })
  return names
}
const RESERVED = ALWAYS_ADMITTED.length
const isReserved = (name: string): boolean => name === '' || name === OVERFLOW || name === ADDRESSES
