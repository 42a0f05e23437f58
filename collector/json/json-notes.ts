const MAX_UNKNOWN = 5
const MAX_CHARS = 64

/** What was noticed while a request in JSON was read: for the sender, and for the metrics. */
export class JsonNotes {
  /** Values that did not fit the type they were sent as, and are kept as text or as another number. */
  retypedValues = 0
  /** Attributes of which nothing could be kept. */
  lostAttributes = 0
  /** The first of either, by its key. */
  firstKey = ''
  /** The first key that was sent in snake_case. */
  snakeKey = ''
  /** Some of the keys that mean nothing here. */
  readonly unknownKeys = new Set<string>()

  retyped(key: string): void {
    this.retypedValues++
    this.firstKey ||= shortened(key)
  }

  lost(key: string, attributes = 1): void {
    if (attributes === 0) return
    this.lostAttributes += attributes
    this.firstKey ||= shortened(key)
  }

  sawUnknown(key: string): void {
    if (this.unknownKeys.size < MAX_UNKNOWN) this.unknownKeys.add(shortened(key))
  }
}

const shortened = (key: string): string => (key.length > MAX_CHARS ? `${key.slice(0, MAX_CHARS)}…` : key)
