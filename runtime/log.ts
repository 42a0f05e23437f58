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
    options,
    pino.transport({
      target: 'pino-pretty',
      options: { destination: 2, ignore: 'pid,hostname', singleLine: true, translateTime: 'SYS:HH:MM:ss' },
    }),
  )
}
