interface ModeWords {
  word: string
  cause: string
  advice: string
}

/** The failure modes of an integration in words: what it is, what usually causes it, what to do first. */
const MODES: Record<string, ModeWords> = {
  F1: {
    word: 'authentication fails',
    cause: 'expired or rotated credential, clock skew, revoked scope',
    advice: "check the secret's age and last rotation",
  },
  F2: {
    word: 'rate limited',
    cause: 'quota reached, retry storm, quota changed',
    advice: 'back off with jitter; see which caller sends most',
  },
  F3: {
    word: 'times out',
    cause: 'overloaded dependency, network',
    advice: 'shorten timeouts and retry with jitter, or open the breaker',
  },
  F4: { word: 'schema mismatch', cause: 'contract changed', advice: 'pin the version, run the contract tests' },
  F5: {
    word: 'partial processing',
    cause: 'batch that is not idempotent',
    advice: 'check idempotency keys and compensation',
  },
  F6: { word: 'circuit open', cause: 'breaker tripped', advice: 'look at the outcome that came before it' },
  F7: { word: 'retry storm', cause: 'retries at fixed intervals', advice: 'add jitter and a retry budget' },
  F8: {
    word: 'silent data loss',
    cause: 'writes not retried, consumer stuck, instrumentation lost',
    advice: 'compare counts per partition; check dead letters',
  },
}

/** Words for a mode; an id this version does not know keeps its own name. */
export const modeWords = (id: string, mode: string): ModeWords => MODES[id] ?? { word: mode, cause: '', advice: '' }
