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
 * names, which a path template or an alias mends. 500,000 names take about 100 MB.
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

/**
 * Keeps names few: the first ones of each service and dependency are admitted for good, later ones become
 * {@link OVERFLOW}. Seed it with the names in store, so that a restart admits the same ones.
 */
export class AdmittedNames {
  readonly #limits: NameLimits
  /** service → dependency → operations. */
  readonly #services = new Map<string, Map<string, Set<string>>>()
  #names = 0

  constructor(known: Iterable<CallNames> = [], limits: Partial<NameLimits> = {}) {
    this.#limits = { ...DEFAULT_NAME_LIMITS, ...limits }
    for (const names of known) this.admit(names)
  }

  /** How many names are remembered. */
  get size(): number {
    return this.#names
  }

  /** The same object where its names are admitted, else a copy that says {@link OVERFLOW} where they are not. */
  admit<T extends CallNames>(names: T): T {
    const dependencies = this.#dependenciesOf(names.service)
    const dependency = this.#admitDependency(dependencies, names.dependency)
    const operation = this.#admitOperation(dependencies.get(dependency), names.operation)
    const isAdmitted = dependency === names.dependency && operation === names.operation
    return isAdmitted ? names : { ...names, dependency, operation }
  }

  #dependenciesOf(service: string): Map<string, Set<string>> {
    const known = this.#services.get(service)
    if (known !== undefined) return known
    if (this.#isFull()) return NONE_ADMITTED
    const fresh = reserved()
    this.#services.set(service, fresh)
    this.#names++
    return fresh
  }

  #admitDependency(dependencies: Map<string, Set<string>>, dependency: string): string {
    if (dependencies.has(dependency)) return dependency
    const isOpen = dependencies !== NONE_ADMITTED && !this.#isFull()
    if (!isOpen || dependencies.size - RESERVED >= this.#limits.dependenciesPerService) return OVERFLOW
    dependencies.set(dependency, new Set())
    this.#names++
    return dependency
  }

  #admitOperation(operations: Set<string> | undefined, operation: string): string {
    if (operations === undefined || operation === OVERFLOW) return OVERFLOW
    if (operations.has(operation)) return operation
    if (operations.size >= this.#limits.operationsPerDependency || this.#isFull()) return OVERFLOW
    operations.add(operation)
    this.#names++
    return operation
  }

  #isFull(): boolean {
    return this.#names >= this.#limits.names
  }
}

/** Inbound calls have no dependency, and what overflows must land somewhere: both are always admitted. */
const reserved = () =>
  new Map<string, Set<string>>([
    ['', new Set()],
    [OVERFLOW, new Set()],
  ])
const RESERVED = 2

/** What a service gets that came when everything was full. */
const NONE_ADMITTED = reserved()
