/** A command cannot do what it was asked to, for a reason that its user can mend. */
export class CommandError extends Error {
  /** 1: what it worked on is at fault; 2: how it was called. */
  readonly exitCode: 1 | 2
  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.name = 'CommandError'
    this.exitCode = exitCode
  }
}
