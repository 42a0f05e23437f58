import pino from 'pino'

export type Log = pino.Logger

/**
 * JSON lines on standard error, or readable lines where a person watches the terminal.
 * Standard output stays free for what a command answers.
 */
export function createLog(level: string, role: string): Log {
  const options = { level, base: { role }, redact: ['*.secret', '*.password', '*.token', '*.authorization'] }
  if (!process.stderr.isTTY) return pino(options, pino.destination({ fd: 2, sync: true }))
  return pino(
    { ...options, hooks: { streamWrite: showControls } },
    pino.transport({
      target: 'pino-pretty',
      options: { destination: 2, ignore: 'pid,hostname', singleLine: true, translateTime: 'SYS:HH:MM:ss' },
    }),
  )
}

/** Of JSON: control characters, but for line breaks and tabs, and marks of direction, written as escapes or as they are. */
const CONTROLS = /(?<!\\)((?:\\\\)*)\\u(00[01][0-9a-f])|[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** A line for a terminal: what telemetry put into it must not steer the terminal, so it is shown as `\u001b`. */
export const showControls = (line: string): string =>
  line.replace(CONTROLS, (char, slashes: string | undefined, code: string | undefined) =>
    code === undefined ? `\\\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}` : `${slashes}\\\\u${code}`,
  )
