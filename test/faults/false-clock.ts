import { globSync, writeFileSync } from 'node:fs'

/** Debian's package `faketime`; also where it is built by hand. */
const [LIBRARY] = globSync(['/usr/lib/*/faketime/libfaketime.so.1', '/usr/local/lib/faketime/libfaketime.so.1'])

/** The wall clock of a process started with `environment`, which can be set forth and back while it runs. */
export interface FalseClock {
  environment: Record<string, string>
  /** Seconds off the real clock. Timers go on: only the wall clock is changed, as by NTP or an operator. */
  step(seconds: number): void
}

/** Null where libfaketime is not installed. */
export function falseClock(file: string): FalseClock | null {
  if (LIBRARY === undefined) {
    const why = 'clock steps cannot be tried: libfaketime is not installed (Debian: apt-get install faketime)'
    if (process.env.CI) throw new Error(why)
    console.warn(why)
    return null
  }
  const step = (seconds: number) => writeFileSync(file, `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}s\n`)
  step(0)
  return {
    environment: {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    step,
  }
}
