const CELLS = 24

/** `measuring history ██████░░░░ 60 %` */
export function progressText(what: string, share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * CELLS)
  return `${what} ${'█'.repeat(filled)}${'░'.repeat(CELLS - filled)} ${String(Math.floor(share * 100)).padStart(3)} %`
}

/** Keeps one line of a terminal up to date; where the stream is no terminal, it says nothing. */
export function progressBar(what: string, stream: NodeJS.WriteStream = process.stderr) {
  const write = (text: string) => {
    if (stream.isTTY) stream.write(`\r\x1b[2K${text}`)
  }
  return { show: (share: number) => write(progressText(what, share)), clear: () => write('') }
}
