/** An SLI that cannot be measured as it is written; the message says to its author what to change. */
export class Unmeasurable extends Error {
  override name = 'Unmeasurable'
}
