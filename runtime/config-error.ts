/** One fault of the configuration: where (`plumbline.yaml:12 ports.api`), what, and what to do. */
export interface ConfigFault {
  where: string
  message: string
}

/** The configuration cannot be used; `faults` has one readable entry per mistake. */
export class ConfigError extends Error {
  readonly faults: ConfigFault[]
  constructor(faults: ConfigFault[]) {
    super(faults.map(({ where, message }) => `${where}: ${message}`).join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}
