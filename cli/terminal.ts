import { terminalText } from '../integration/plain-name.ts'

/** Everything a command prints goes through here: names and messages come from telemetry and must not steer the terminal. */
export function guardTerminal(stream: NodeJS.WriteStream): void {
  const write = stream.write.bind(stream)
  stream.write = ((chunk: string | Uint8Array, ...rest: []) =>
    write(typeof chunk === 'string' ? terminalText(chunk) : chunk, ...rest)) as typeof stream.write
}
