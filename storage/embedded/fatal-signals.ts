const FATAL: NodeJS.Signals[] = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGABRT']

/**
 * Gives fatal signals back to the kernel. ClickHouse's handler waits up to five minutes for a log writer that does not
 * exist inside a library, and the crashed process would hold its port and its lock meanwhile.
 * Listening and ceasing to listen makes libuv install the default action.
 */
export function dieOnFatalSignals() {
  const listener = () => undefined
  for (const signal of FATAL) process.on(signal, listener).off(signal, listener)
}
