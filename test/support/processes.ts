import { readdirSync, readFileSync } from 'node:fs'

export interface Process {
  pid: number
  command: string
}

/** Every process below `root`, by what it runs. Linux only. */
export function descendants(root: number): Process[] {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
        return parent === root
          ? [{ pid: Number(name), command: readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ') }]
          : []
      } catch {
        return []
      }
    })
  return children.flatMap((child) => [child, ...descendants(child.pid)])
}

/** The process below `root` whose command line contains `what`; null while there is none. */
export function findBelow(root: number, what: string): Process | null {
  return descendants(root).find(({ command }) => command.includes(what)) ?? null
}

/** Sends a signal to the process below `root` whose command line contains `what`. */
export function signalBelow(root: number, what: string, signal: NodeJS.Signals): void {
  const target = findBelow(root, what)
  if (!target) throw new Error(`no process ${what} below ${root}`)
  process.kill(target.pid, signal)
}

const TICKS_PER_SECOND = 100

/** User and system time of a process so far, in seconds. Linux only. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
